// handlebars.mjs - renders templates with the handlebars package, as template_render does.
// SPDX-License-Identifier: Apache-2.0
import readline from "node:readline";
import Handlebars from "handlebars";

// There the name of a raw block is a helper's, here it is any word.
Handlebars.registerHelper("raw", (options) => options.fn());

function take({ template, context }) {
  try {
    return { output: Handlebars.compile(template)(context) };
  } catch (error) {
    return { error: String(error.message).split("\n")[0] };
  }
}

const lines = readline.createInterface({ input: process.stdin });
for await (const line of lines) {
  process.stdout.write(JSON.stringify(take(JSON.parse(line))) + "\n");
}
