// Holds objects of Kubernetes, a JSON array on stdin, against its schemas (kubernetes-models):
// first its validators, then the declarations of the types, as validators let unknown fields
// through. Writes a JSON array of faults, or of kinds that it does not know.
// SPDX-License-Identifier: Apache-2.0
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const modules = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
                          "../node_modules");
const files = new Map();

// Name of an exported interface -> {fields: name -> type as written, imports: name -> file}.
function declarations(file) {
    if (files.has(file)) return files.get(file);
    const text = fs.readFileSync(file, "utf8").replace(/\/\*\*.*?\*\//gs, "");
    const imports = new Map();
    for (const [, names, from] of text.matchAll(/import \{ (.*?) \} from "(.*?)";/g)) {
        const target = from.startsWith(".") ? path.resolve(path.dirname(file), from)
            : path.join(modules, from);
        for (const name of names.split(", ")) imports.set(name, target + ".d.ts");
    }
    const fields = new Map();
    const body = text.match(/export interface \w+[^{]*\{\n(.*?)\n\}/s);
    for (const [, name, type] of (body?.[1] ?? "").matchAll(/^ {4}"(.*?)"\??: (.*?);$/gms))
        fields.set(name, type);
    const found = { fields: body ? fields : null, imports };
    files.set(file, found);
    return found;
}

// Fields of value that the type lacks. A type is a name that is imported, a list or map of
// one, or something plain.
function* unknown(value, type, from, at) {
    if (value === null || typeof value !== "object") return;
    const name = type.match(/\bI\w+/)?.[0];
    if (!name || !from.imports.has(name)) return;
    if (Array.isArray(value)) {
        for (const [i, item] of value.entries()) yield* unknown(item, name, from, `${at}/${i}`);
    } else if (type.includes("[key: string]")) {
        for (const [key, item] of Object.entries(value)) yield* unknown(item, name, from, `${at}/${key}`);
    } else {
        yield* unknownFields(value, declarations(from.imports.get(name)), at);
    }
}

function* unknownFields(value, type, at) {
    if (!type.fields) return; // a text or a number by another name
    for (const [key, item] of Object.entries(value)) {
        if (type.fields.has(key)) yield* unknown(item, type.fields.get(key), type, `${at}/${key}`);
        else yield `${at}/${key}: no such field`;
    }
}

function* faults(object) {
    const place = `${object.apiVersion}/${object.kind}`;
    const file = path.join(modules, "kubernetes-models", place + ".d.ts");
    if (!fs.existsSync(file)) {
        yield `${place}: no such kind`;
        return;
    }
    const at = `${object.kind} ${object.metadata?.name}: `;
    try {
        new (require("kubernetes-models/" + place)[object.kind])(object).validate();
    } catch (error) {
        yield at + error.message;
    }
    for (const fault of unknownFields(object, declarations(file), "")) yield at + fault;
}

const objects = JSON.parse(fs.readFileSync(0, "utf8"));
console.log(JSON.stringify(objects.flatMap((object) => [...faults(object)])));
