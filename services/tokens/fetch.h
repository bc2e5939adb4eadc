/*
 * fetch - one request to a token server, from its question to what came back.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows neither Redis nor ZeroMQ, and nothing of what an answer means. Once
 * started, on_done hears of it exactly once, also when it could not even begin,
 * but never from inside fetch_start().
 */
#ifndef TOKENS_FETCH_H
#define TOKENS_FETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/slice.h"
#include "base/ulid.h"
#include "curl/fault.h"
#include "net/egress.h"
#include "net/target.h"
#include "question.h"

struct fetches;

/* Everything in it dies when the handler returns. */
struct fetch_result {
	enum fault fault; /* FAULT_NONE: there is an answer */
	unsigned status;
	struct slice content_type, body;
	bool cut;		 /* more of the body came than is read */
	uint64_t retry_after_ms; /* 0: nothing was said */
	uint64_t total_us;
};

typedef void fetch_done_fn(void *arg, const struct ulid *credential,
			   const struct fetch_result *result);

struct fetches_options {
	uv_loop_t *loop;
	const struct target_rules *rules;     /* borrowed for ever */
	const struct egress_sources *sources; /* the same */
	const char *proxy;		      /* the same; NULL: none */
	const char *ca_file; /* borrowed for ever; NULL: default */
	bool dev;
	uint32_t timeout_ms;
	fetch_done_fn *on_done;
	void *arg; /* borrowed */
};

/* NULL with a text in error: libcurl lacks what we need. */
struct fetches *fetches_new(const struct fetches_options *options, char *error,
			    size_t error_size);
/* Those under way are given up. Memory of handles is freed by the loop: run it
 * once more. */
void fetches_free(struct fetches **f);

/* Takes the question, which is left empty. */
void fetch_start(struct fetches *f, const struct ulid *credential,
		 const char *url, struct question *question);
/* To be called in every turn of the loop before it waits, until it is no longer
 * due. */
void fetches_turn(struct fetches *f);
bool fetches_due(const struct fetches *f);
/* To be called now and then: gives up look-ups that take too long. */
void fetches_trim(struct fetches *f);
size_t fetches_running(const struct fetches *f);

#endif
