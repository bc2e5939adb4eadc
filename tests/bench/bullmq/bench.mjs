// bench - the webhook delivery that people would otherwise write: BullMQ and undici.
// SPDX-License-Identifier: Apache-2.0
//
// node bench.mjs enqueue|work --redis SOCKET --url URL --jobs N [--bytes 1024]
//
// enqueue adds the jobs in bulk; work delivers them, 64 at a time over at most 64
// kept-alive connections, each signed by Standard Webhooks, and ends when the last
// one is done. The two run at the same time, as publisher and service do. Each prints
// one line of JSON when it has ended.
import { createHmac, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { Queue, Worker } from "bullmq";
import { Pool } from "undici";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    redis: { type: "string" },
    url: { type: "string" },
    jobs: { type: "string" },
    bytes: { type: "string", default: "1024" },
    batch: { type: "string", default: "128" },
    concurrency: { type: "string", default: "64" },
  },
});
const jobs = Number(values.jobs);
const connection = { path: values.redis, maxRetriesPerRequest: null };

// As bench_publish makes it.
function message(i) {
  const n = Math.max(1, Number(values.bytes) - 190);
  let text = "";
  for (let k = 0; k < n; k++)
    text += k % 9 === 8 ? " " : String.fromCharCode(97 + (k % 26));
  return {
    email: "ada@example.com",
    userId: `u-${String(i).padStart(10, "0")}`,
    eventName: "bench",
    dataFields: {
      campaignId: 48213,
      campaignName: "Spring collection, second wave",
      messageId: "b0a1c2d3e4f5061728394a5b6c7d8e9f",
      transactional: false,
      labels: ["spring", "mail"],
      text,
    },
  };
}

function report(name, count, began) {
  const { user, system } = process.cpuUsage();
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(
    JSON.stringify({ name, count, seconds, cpu_seconds: (user + system) / 1e6 }),
  );
}

async function enqueue() {
  const queue = new Queue("webhooks", { connection });
  const size = Number(values.batch);
  const sample = message(0);
  const began = process.hrtime.bigint();
  const flights = new Set();
  for (let first = 0; first < jobs; first += size) {
    const bulk = [];
    for (let i = first; i < Math.min(first + size, jobs); i++)
      bulk.push({
        name: "deliver",
        data: { ...sample, userId: `u-${String(i).padStart(10, "0")}` },
        opts: {
          attempts: 9,
          backoff: { type: "exponential", delay: 5000 },
          removeOnComplete: true,
        },
      });
    const flight = queue.addBulk(bulk).then(() => flights.delete(flight));
    flights.add(flight);
    if (flights.size >= 8) await Promise.race(flights);
  }
  await Promise.all(flights);
  report("enqueue", jobs, began);
  await queue.close();
}

async function work() {
  const url = new URL(values.url);
  const concurrency = Number(values.concurrency);
  const pool = new Pool(url.origin, { connections: concurrency, pipelining: 1 });
  const secret = randomBytes(32);
  let done = 0;
  let began = null;
  await new Promise((resolve, reject) => {
    const worker = new Worker(
      "webhooks",
      async (job) => {
        began ??= process.hrtime.bigint();
        const body = JSON.stringify(job.data);
        const id = `msg_${job.id}`;
        const time = String(Math.floor(Date.now() / 1000));
        const signature = createHmac("sha256", secret)
          .update(`${id}.${time}.${body}`)
          .digest("base64");
        const answer = await pool.request({
          method: "POST",
          path: url.pathname,
          body,
          headers: {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": time,
            "webhook-signature": `v1,${signature}`,
          },
        });
        await answer.body.dump();
        if (answer.statusCode >= 300) throw new Error(`${answer.statusCode}`);
      },
      { connection, concurrency },
    );
    worker.on("completed", () => {
      if (++done === jobs) resolve(worker.close());
    });
    worker.on("error", reject);
    worker.waitUntilReady().then(() => console.log("ready"));
  });
  report("work", done, began);
  await pool.close();
}

await (positionals[0] === "enqueue" ? enqueue() : work());
