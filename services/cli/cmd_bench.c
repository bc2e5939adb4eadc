/*
 * cmd_bench - publish many events, and say how fast that was.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Measures the front door: from handing a batch over until it is in Redis. What
 * becomes of the deliveries is for `postrider status` and the receiver to say.
 */
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cli.h"
#include "client/postrider.h"
#include "ingest_link.h"
#include "latency.h"
#include "print.h"

#define PROGRESS_MS 200

struct bench {
	struct cli *cli;
	const char *project, *event_name;
	int64_t events, bytes, batch, in_flight, rate;
	struct postrider *client;
	struct postrider_builder *builder;
	struct buf data; /* the dataFields of every event */
	uint64_t sent, accepted, failed;
	uint64_t start_us, progress_ms;
	struct latency latency;
	int code;
};

static void build_data(struct bench *b)
{
	static const char frame[] = "{\"filler\":\"\"}";
	int64_t n = b->bytes - (int64_t)sizeof(frame) + 1;

	buf_init(&b->data, (size_t)b->bytes + sizeof(frame));
	buf_append_str(&b->data, "{\"filler\":\"");
	for (int64_t i = 0; i < n; i++)
		buf_append_char(&b->data, (char)('a' + i % 26));
	buf_append_str(&b->data, "\"}");
	buf_append_char(&b->data, '\0');
}

static void submit(struct bench *b)
{
	struct postrider_event e = {.project = b->project,
				    .event_name = b->event_name,
				    .data_fields_json = b->data.p};
	char user[32];
	const char *body;
	size_t n;

	postrider_builder_reset(b->builder);
	for (int64_t i = 0; i < b->batch && b->sent < (uint64_t)b->events;
	     i++) {
		snprintf(user, sizeof(user), "u-%" PRIu64, b->sent);
		e.user_id = user;
		/* Large events fill the frame first. */
		if (postrider_builder_add(b->builder, &e) != POSTRIDER_OK)
			break;
		b->sent++;
	}
	body = postrider_builder_body(b->builder, &n);
	must(postrider_submit(b->client, body, n, (void *)(uintptr_t)now_us(),
			      NULL) == POSTRIDER_OK);
}

static void show_progress(struct bench *b)
{
	uint64_t us = now_us() - b->start_us + 1;

	if (b->cli->quiet || now_ms() < b->progress_ms)
		return;
	b->progress_ms = now_ms() + PROGRESS_MS;
	fprintf(stderr, "\r%" PRIu64 " of %" PRId64 ", %.0f a second ",
		b->accepted, b->events, (double)b->accepted * 1e6 / (double)us);
}

static void on_result(struct bench *b, const struct postrider_result *r)
{
	if (r->status == POSTRIDER_OK) {
		b->accepted += r->accepted + r->duplicates;
		latency_add(&b->latency, now_us() - (uintptr_t)r->tag);
		return;
	}
	b->failed++;
	if (b->code == CLI_DONE)
		b->code = cli_error(
		    r->status == POSTRIDER_UNREACHABLE ? CLI_UNREACHABLE
						       : CLI_FAILED,
		    "%s%s%s", r->message, r->code[0] ? ": " : "", r->code);
}

/* Milliseconds until the next batch may go out; 0: now, -1: when one has ended.
 */
static int next_ms(const struct bench *b)
{
	double due_us, now = (double)(now_us() - b->start_us);

	if (b->sent >= (uint64_t)b->events || b->code != CLI_DONE ||
	    postrider_in_flight(b->client) == (size_t)b->in_flight)
		return -1;
	if (!b->rate)
		return 0;
	due_us = (double)b->sent * 1e6 / (double)b->rate;
	return now >= due_us ? 0 : (int)((due_us - now) / 1000) + 1;
}

/* Whether there is anything left to send or to hear. */
static bool busy(const struct bench *b)
{
	return postrider_in_flight(b->client) ||
	       (b->sent < (uint64_t)b->events && b->code == CLI_DONE);
}

static void publish_all(struct bench *b)
{
	struct postrider_result r;
	int ms;

	b->start_us = now_us();
	while (busy(b)) {
		ms = next_ms(b);
		if (ms == 0) {
			submit(b);
			continue;
		}
		if (!postrider_in_flight(b->client)) {
			/* Nothing to hear: poll() is a clock then. */
			poll(NULL, 0, ms);
			continue;
		}
		if (postrider_wait(b->client, ms, &r) == POSTRIDER_NOTHING)
			continue;
		on_result(b, &r);
		postrider_result_fini(&r);
		show_progress(b);
	}
	if (b->progress_ms)
		fputc('\n', stderr);
}

static void print_result(const struct bench *b)
{
	double s = (double)(now_us() - b->start_us) / 1e6;
	double rate = (double)b->accepted / s;
	double p50 = (double)latency_percentile_us(&b->latency, 0.5) / 1e3;
	double p99 = (double)latency_percentile_us(&b->latency, 0.99) / 1e3;
	double p999 = (double)latency_percentile_us(&b->latency, 0.999) / 1e3;
	json_t *out;

	if (!b->cli->json) {
		printf("%" PRIu64 " events of %" PRId64 " bytes in %.3f s: "
		       "%.0f events/s\naccepted after: p50 %.2f ms, p99 %.2f "
		       "ms, p99.9 %.2f ms (batches of %" PRId64 ")\n",
		       b->accepted, b->bytes, s, rate, p50, p99, p999,
		       b->batch);
		return;
	}
	out = json_pack("{s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f}", "events",
			(json_int_t)b->accepted, "failedBatches",
			(json_int_t)b->failed, "dataFieldsBytes",
			(json_int_t)b->bytes, "seconds", s, "eventsPerSecond",
			rate, "acceptP50Ms", p50, "acceptP99Ms", p99,
			"acceptP999Ms", p999);
	print_json(out);
	json_decref(out);
}

static int run(struct bench *b)
{
	b->client =
	    ingest_link(b->cli, (struct postrider_options){
				    .connect_ms = 5000,
				    .in_flight_max = (unsigned)b->in_flight});
	if (!b->client)
		return CLI_USAGE;
	b->builder = postrider_builder_new();
	build_data(b);
	publish_all(b);
	if (b->accepted)
		print_result(b);
	buf_fini(&b->data);
	postrider_builder_free(&b->builder);
	postrider_close(&b->client);
	return b->code;
}

int cmd_bench(struct cli *cli, int argc, char **argv)
{
	struct bench b = {.cli = cli,
			  .event_name = "bench",
			  .events = 100000,
			  .bytes = 1024,
			  .batch = 256,
			  .in_flight = 8};
	const struct flag flags[] = {
	    FLAG_PROJECT(&b.project),
	    FLAGS_STR("event", "NAME", &b.event_name,
		      "the events' name (bench)"),
	    FLAGS_INT("events", "N", &b.events, 1, 1000000000,
		      "how many (100000)"),
	    FLAGS_INT("bytes", "N", &b.bytes, 13, 1000000,
		      "of each one's dataFields (1024)"),
	    FLAGS_INT("batch", "N", &b.batch, 1, POSTRIDER_BATCH_MESSAGES_MAX,
		      "events in a batch (256)"),
	    FLAGS_INT("in-flight", "N", &b.in_flight, 1, 1024,
		      "batches at a time (8)"),
	    FLAGS_INT("rate", "N", &b.rate, 0, 100000000,
		      "events a second; 0: as many as go"),
	    FLAGS_END,
	};
	struct args args = {.usage = "bench --project PROJECT [flags]",
			    .about = "Publishes events as fast as they are "
				     "taken, or at a rate, and says how fast\n"
				     "that was and how long an answer took.",
			    .flags = flags};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &b.project, &go);

	if (!go)
		return code;
	return run(&b);
}
