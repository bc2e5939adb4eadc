// template.mjs - the same template, rendered by the handlebars package, compiled before.
// SPDX-License-Identifier: Apache-2.0
//
//   node template.mjs FILE TIMES   prints nanoseconds a rendering, and the bytes made
import fs from "node:fs";
import { createRequire } from "node:module";

const Handlebars = createRequire(new URL("../package.json", import.meta.url))("handlebars");

const { template, context } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const times = Number(process.argv[3]);
// The context comes as an object here: parsing it is not counted. It has nothing to escape.
const render = Handlebars.template(
  new Function("return " + Handlebars.precompile(template))());
let made = "";
for (let i = 0; i < times / 10; i++) made = render(context);
const begin = process.hrtime.bigint();
for (let i = 0; i < times; i++) made = render(context);
const took = Number(process.hrtime.bigint() - begin) / times;
console.log(Math.round(took), Math.round(took), Buffer.byteLength(made));
