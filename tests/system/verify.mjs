// Verifies one webhook with npm's standardwebhooks: a question on standard input,
// "ok" or the reason on standard output.
// SPDX-License-Identifier: Apache-2.0
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { Webhook } = createRequire(import.meta.url)("standardwebhooks");
const { secret, body, headers } = JSON.parse(readFileSync(0, "utf8"));

try {
  new Webhook(secret).verify(body, headers);
  console.log("ok");
} catch (error) {
  console.log(`refused: ${error.message}`);
}
