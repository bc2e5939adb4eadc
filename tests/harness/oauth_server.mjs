/*
 * oauth_server - a token server from npm on a free port, driven over stdin.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   node oauth_server.mjs oidc     oidc-provider: strict, certified
 *   node oauth_server.mjs mock     oauth2-mock-server: answers in any shape
 *
 * Prints {"port": N}. Each line on stdin is a command, {"do": …}; each gets a line in
 * answer. Ends with its stdin.
 */
import http from "node:http";
import { createInterface } from "node:readline";

const seen = { count: 0, running: 0, most: 0 };
let delayMs = 0;

/* In front of the library's own handler. Requests that overlap only meet when answers
 * take a while. */
function counted(path, handler) {
  return (req, res) => {
    if (req.url === path) {
      seen.count++;
      seen.most = Math.max(seen.most, ++seen.running);
      res.on("close", () => seen.running--);
    }
    if (delayMs > 0) setTimeout(handler, delayMs, req, res);
    else handler(req, res);
  };
}

/* What either server obeys. */
const common = {
  async seen() { return seen; },
  async delay({ ms }) { delayMs = ms; },
};

function listen(handler) {
  const server = http.createServer(handler);
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

async function oidc() {
  const { default: Provider, errors } = await import("oidc-provider");
  const clients = new Map(), kept = new Map(), ends = new Map();
  let ttl = 3600, handler = null;

  class Adapter {
    constructor(model) { this.model = model; }
    key(id) { return `${this.model}:${id}`; }
    async find(id) {
      return this.model === "Client" ? clients.get(id) : kept.get(this.key(id));
    }
    async upsert(id, payload) { kept.set(this.key(id), payload); }
    async destroy(id) { kept.delete(this.key(id)); }
    async consume() {}
    async findByUid() {}
    async findByUserCode() {}
    async revokeByGrantId() {}
  }

  const server = await listen(counted("/token", (req, res) => handler(req, res)));
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    adapter: Adapter,
    scopes: ["send", "read", "admin"],
    ttl: { ClientCredentials: () => ttl },
    enabledJWA: { clientAuthSigningAlgValues: ["RS256", "ES256"] },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(ctx, resource) {
          if (!resource.startsWith("https://api.example.com/")) throw new errors.InvalidTarget();
          return { scope: "send read", audience: resource, accessTokenTTL: ttl,
            accessTokenFormat: "opaque" };
        },
      },
    },
  });
  handler = provider.callback();
  /* To the millisecond: the provider's own clock has whole seconds, and a tolerance. */
  provider.on("grant.success", ({ body }) =>
    ends.set(body.access_token, Date.now() + body.expires_in * 1000));
  return {
    port,
    async client({ document }) {
      clients.set(document.client_id, {
        grant_types: ["client_credentials"], redirect_uris: [], response_types: [],
        scope: "send read", ...document,
      });
    },
    async lifetime({ seconds }) { ttl = seconds; },
    async token({ token }) {
      const t = await provider.ClientCredentials.find(token, { ignoreExpiration: true });
      return t && ends.get(token) > Date.now() ? { client: t.clientId, scope: t.scope, aud: t.aud } : null;
    },
  };
}

async function mock() {
  const { OAuth2Server } = await import("oauth2-mock-server");
  const { issuer, service } = new OAuth2Server();
  let more = {}, status = 200;

  await issuer.keys.generate("RS256");
  service.on("beforeResponse", (response) => {
    if (status !== 200) {
      response.statusCode = status;
      response.body = more;
      return;
    }
    Object.assign(response.body, more);
    for (const [name, value] of Object.entries(more))
      if (value === null) delete response.body[name];
  });
  const server = await listen(counted("/token", service.requestHandler));
  const { port } = server.address();
  issuer.url = `http://127.0.0.1:${port}`;
  return {
    port,
    async answer(command) { more = command.body ?? {}; status = command.status ?? 200; },
  };
}

const control = await { oidc, mock }[process.argv[2]]();
console.log(JSON.stringify({ port: control.port }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const found = await { ...common, ...control }[command.do](command);
  console.log(JSON.stringify(found ?? null));
}
process.exit(0);
