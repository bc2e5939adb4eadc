/*
 * match - what it costs to find an event's webhooks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * match [--events 20000] [--webhooks 10000] [--values 100]
 *
 * All webhooks want the same event name; with filters each wants one of so many
 * values of one field, or all below it, which no index helps. The body is 1
 * KiB. Prints one object: µs an event for each case, and the ms that one change
 * costs a project of that size.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "args.h"
#include "base/mem.h"
#include "match_world.h"

#define BODY_BYTES 1024

struct bench {
	uint64_t events, webhooks, values;
	char (*bodies)[BODY_BYTES + 1]; /* one for each value */
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void make_body(char *out, uint64_t value)
{
	static const char form[] =
	    "{\"email\":\"ada@example.com\",\"userId\":\"u-%06" PRIu64 "\","
	    "\"eventName\":\"emailSend\",\"dataFields\":{"
	    "\"campaignId\":%" PRIu64 ",\"templateId\":77120,"
	    "\"messageId\":\"d9b1d7db4b1f4f7f8a60\",\"channelId\":21,"
	    "\"campaignName\":\"Spring, second wave\",\"locale\":\"en-GB\","
	    "\"subject\":\"Ten things you will \\\"love\\\"\",\"listIds\":"
	    "[12,77,190],\"createdAt\":\"2026-11-23T08:16:45.000Z\","
	    "\"user\":{\"firstName\":\"Ada\",\"plan\":\"gold\",\"score\":0.75,"
	    "\"tags\":[\"a\",\"b\",\"c\"]},\"text\":\"";
	int n = snprintf(out, BODY_BYTES + 1, form, value, value);

	must(n > 0 && n < BODY_BYTES - 3);
	memset(out + n, 'x', BODY_BYTES - (size_t)n - 3);
	memcpy(out + BODY_BYTES - 3, "\"}}", 4);
}

static void make_bodies(struct bench *b)
{
	b->bodies = xcalloc(b->values, sizeof(b->bodies[0]));
	for (uint64_t i = 0; i < b->values; i++)
		make_body(b->bodies[i], i);
}

enum filters { NONE, EQUAL, ORDERED };

static void add(struct world *w, const struct bench *b, uint64_t i,
		enum filters filters)
{
	char filter[64];

	if (filters == EQUAL)
		snprintf(filter, sizeof(filter),
			 "{\"dataFields.campaignId\":%" PRIu64 "}",
			 i % b->values);
	else
		snprintf(filter, sizeof(filter),
			 "{\"dataFields.campaignId\":{\"$lt\":%" PRIu64 "}}",
			 i % b->values);
	world_put(w, i, "acme", "emailSend", filters ? filter : NULL, true);
}

static struct event event_of(const struct bench *b, uint64_t i)
{
	struct event e = {.project = SLICE_LIT("acme"),
			  .name = SLICE_LIT("emailSend")};

	e.body = slice_bytes(b->bodies[i % b->values], BODY_BYTES);
	memcpy(e.id.b, &i, sizeof(i));
	return e;
}

/* So many of webhooks are found for each event, or the figures mean nothing. */
static double run(struct world *w, const struct bench *b, uint64_t expected)
{
	struct matched matched;
	double began = 0;

	/* The first one compiles, and is not counted. */
	for (uint64_t i = 0; i <= b->events; i++) {
		struct event e = event_of(b, i);
		size_t n = 0;

		world_find(w, &e, &matched);
		for (size_t s = 0; s < MATCHED_SETS; s++)
			n += matched.sets[s]->n;
		must(n == expected || expected == UINT64_MAX);
		if (i == 0)
			began = now_us();
	}
	return (now_us() - began) / (double)b->events;
}

static double compile_ms(struct world *w, const struct bench *b)
{
	struct event e = event_of(b, 1);
	struct matched matched;
	double began;

	add(w, b, 0, EQUAL);
	began = now_us();
	world_find(w, &e, &matched);
	return (now_us() - began) / 1e3;
}

static double measure(const struct bench *b, uint64_t webhooks,
		      enum filters filters, uint64_t expected,
		      double *change_ms)
{
	struct world *w = world_new();
	double us;

	for (uint64_t i = 0; i < webhooks; i++)
		add(w, b, i, filters);
	us = run(w, b, expected);
	if (change_ms)
		*change_ms = compile_ms(w, b);
	world_free(&w);
	return us;
}

int main(int argc, char **argv)
{
	struct bench b = {.events = 20000, .webhooks = 10000, .values = 100};
	const struct arg args[] = {
	    ARG_NUMBER("--events", &b.events),
	    ARG_NUMBER("--webhooks", &b.webhooks),
	    ARG_NUMBER("--values", &b.values),
	};
	double filtered, ordered, plain, one, one_filtered, change;

	if (!args_parse(args, sizeof(args) / sizeof(args[0]), argc, argv) ||
	    b.events == 0 || b.values == 0 || b.webhooks % b.values != 0 ||
	    b.webhooks > 20000)
		return 2;
	make_bodies(&b);
	filtered =
	    measure(&b, b.webhooks, EQUAL, b.webhooks / b.values, &change);
	ordered = measure(&b, b.webhooks, ORDERED, UINT64_MAX, NULL);
	plain = measure(&b, b.webhooks, NONE, b.webhooks, NULL);
	one = measure(&b, 1, NONE, 1, NULL);
	one_filtered = measure(&b, 1, EQUAL, UINT64_MAX, NULL);
	printf("{\"webhooks\":%" PRIu64 ",\"matching\":%" PRIu64 ","
	       "\"filtered_us\":%.3f,\"ordered_us\":%.3f,\"plain_us\":%.3f,"
	       "\"one_us\":%.3f,"
	       "\"one_filtered_us\":%.3f,\"change_ms\":%.3f}\n",
	       b.webhooks, b.webhooks / b.values, filtered, ordered, plain, one,
	       one_filtered, change);
	free(b.bodies);
	return 0;
}
