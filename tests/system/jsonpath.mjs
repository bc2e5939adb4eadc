// Follows paths with npm's json-p3: JSON lines as of tests/tools/jsonpath_query.c.
// SPDX-License-Identifier: Apache-2.0
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const { jsonpath } = require("json-p3");
const environment = new jsonpath.JSONPathEnvironment();

// It makes text of what is none, when it has used the pattern before; the RFC does not.
for (const name of ["match", "search"]) {
  const known = environment.functionRegister.get(name);
  environment.functionRegister.set(name, {
    argTypes: known.argTypes,
    returnType: known.returnType,
    call: (text, pattern) => typeof text === "string" && known.call(text, pattern),
  });
}

function answer({ path, document }) {
  try {
    return { values: environment.query(path, document).values() };
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
}

const lines = readFileSync(0, "utf8").split("\n").filter((line) => line);
process.stdout.write(lines.map((line) => JSON.stringify(answer(JSON.parse(line))) + "\n").join(""));
