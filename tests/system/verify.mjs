// Verifies one webhook: a question on standard input, "ok" or the reason on standard
// output. With a secret npm's standardwebhooks does it; it knows no v1a, and no other
// released library does: with a public key tweetnacl verifies the spec's string.
// SPDX-License-Identifier: Apache-2.0
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const { Webhook } = require("standardwebhooks");
const nacl = require("tweetnacl");

function verifyPublic(text, body, headers) {
  const key = Buffer.from(text.replace(/^whpk_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const found = headers["webhook-signature"].split(" ").some((value) => {
    const [version, signature] = value.split(",");
    return version === "v1a" &&
      nacl.sign.detached.verify(Buffer.from(signed), Buffer.from(signature, "base64"), key);
  });
  if (!found) throw new Error("no signature of this key");
}

const { secret, publicKey, body, headers } = JSON.parse(readFileSync(0, "utf8"));
try {
  if (publicKey) verifyPublic(publicKey, body, headers);
  else new Webhook(secret).verify(body, headers);
  console.log("ok");
} catch (error) {
  console.log(`refused: ${error.message}`);
}
