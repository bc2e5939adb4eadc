// Publish a batch to Postrider with npm zeromq, as a careful client does.
// SPDX-License-Identifier: Apache-2.0
//
// A DEALER with a correlation id, several batches under way: the answer is matched to its
// batch, `busy` is waited for, and when no answer comes the batch is sent again. Each
// message has an idempotency key, so that a batch which was taken all the same is not
// delivered twice.
//
//     node publish.mjs [ENDPOINT [PROJECT [COUNT]]]
import { Dealer } from "zeromq";

const ANSWER_MS = 10_000;
const GIVE_UP_MS = 60_000;

class Publisher {
  constructor(endpoint) {
    this.socket = new Dealer({ linger: 0 });
    this.socket.connect(endpoint);
    this.number = 0;
    this.waiting = new Map(); // number -> resolve
    this.queue = Promise.resolve(); // a socket takes one send at a time
    this.reading = this.read();
  }

  async read() {
    try {
      for await (const frames of this.socket) {
        // An answer to a batch that was sent twice may come late: nobody waits.
        this.waiting.get(frames[0].toString())?.(JSON.parse(frames.at(-1)));
      }
    } catch (error) {
      if (!this.socket.closed) throw error;
    }
  }

  close() {
    this.socket.close();
    return this.reading;
  }

  send(frames) {
    this.queue = this.queue.then(() => this.socket.send(frames));
    return this.queue;
  }

  // The answer, or null when none has come in time.
  async ask(number, body) {
    let timer;
    const answer = new Promise((resolve) => {
      this.waiting.set(number, resolve);
      timer = setTimeout(resolve, ANSWER_MS, null);
    });
    await this.send([number, body]);
    const result = await answer;
    clearTimeout(timer);
    this.waiting.delete(number);
    return result;
  }

  // Resolves with the answer once the events are stored.
  async publish(messages) {
    const body = JSON.stringify(messages);
    const number = String(++this.number);
    const giveUp = Date.now() + GIVE_UP_MS;
    while (Date.now() < giveUp) {
      const answer = await this.ask(number, body);
      if (!answer) continue; // lost on the way, there or back: send again
      if (answer.ok) return answer;
      const { code, message, retryAfterMs = 1000 } = answer.error;
      if (code !== "busy" && code !== "internal") throw new Error(`${code}: ${message}`);
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
    throw new Error("no answer");
  }
}

const [endpoint = "tcp://127.0.0.1:5570", project = "demo", count = "3"] = process.argv.slice(2);
const run = Date.now();
const publisher = new Publisher(endpoint);
const message = (i) => ({
  project,
  eventName: "emailOpen",
  userId: `u-${i}`,
  id: `node-${run}-${i}`,
  dataFields: { campaignId: 42, number: i },
});
// One batch for each message, to show that they need not wait for each other.
const answers = await Promise.all(
  Array.from({ length: Number(count) }, (_, i) => publisher.publish([message(i)])),
);
await publisher.close();
for (const { ids } of answers) console.log(ids.join("\n"));
