/*
 * holder_world - what the tests of holder have, and what they ask of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "holder_world.h"

#include <stdio.h>

#include "base/buf.h"
#include "store/seal.h"

static const uint8_t key[SEAL_KEY_BYTES] = {7};

static void on_ask(void *arg, const struct msg_token_ask *ask)
{
	struct world *w = arg;

	w->asks++;
	w->ask = *ask;
}

static uint64_t version_of(void *arg, const struct ulid *id)
{
	const struct world *w = arg;

	return ulid_eq(id, &w->id) ? w->version : id->b[0] ? 1 : 0;
}

int setup(void **state)
{
	static struct world w;
	const struct holders_options options = {
	    .master_key = key,
	    .queue = &w.queue,
	    .waiting_max = WAITING_MAX,
	    .wait_ms = WAIT_MS,
	    .ask = on_ask,
	    .version_of = version_of,
	    .arg = &w,
	};

	w = (struct world){.id = ulid_new(WALL_MS), .version = 3};
	queue_init(&w.queue, 100, 100000);
	w.hs = holders_new(&options);
	*state = &w;
	return 0;
}

int teardown(void **state)
{
	struct world *w = *state;

	holders_free(&w->hs);
	queue_fini(&w->queue);
	return 0;
}

struct task *task(uint64_t number)
{
	static const uint8_t raw[16] = {1};
	struct msg_task m = {
	    .task = number,
	    .event = slice_bytes(raw, sizeof(raw)),
	    .webhook = slice_bytes(raw, sizeof(raw)),
	    .body = SLICE_LIT("{}"),
	};
	struct task *t = task_new(1, &m);

	assert_non_null(t);
	return t;
}

struct admission want(struct world *w, struct task *t, uint64_t after_ms)
{
	const struct holder_time time = {NOW_MS + after_ms, WALL_MS + after_ms};

	return holders_want(w->hs, &w->id, t, &time);
}

void waits(struct world *w, uint64_t number, uint64_t after_ms)
{
	assert_int_equal(want(w, task(number), after_ms).kind, ADMISSION_WAITS);
}

void refused(struct world *w, uint64_t after_ms, const char *error,
	     uint64_t retry_after_ms)
{
	struct task *t = task(99);
	struct admission m = want(w, t, after_ms);

	assert_int_equal(m.kind, ADMISSION_REFUSED);
	assert_string_equal(m.error, error);
	assert_int_equal(m.retry_after_ms, retry_after_ms);
	task_free(&t);
}

struct bearer *use(struct world *w, uint64_t after_ms)
{
	return holders_use(w->hs, &w->id, WALL_MS + after_ms);
}

void uses(struct world *w, uint64_t after_ms, uint64_t number)
{
	struct bearer *b = use(w, after_ms);

	assert_non_null(b);
	assert_int_equal(b->number, number);
}

void ready(struct world *w, uint64_t number)
{
	struct task *t = queue_pop(&w->queue);

	assert_non_null(t);
	assert_int_equal(t->number, number);
	task_free(&t);
}

static struct slice sealed(const struct world *w, const char *token,
			   struct buf *out)
{
	char id[ID_TEXT_SIZE], context[SEAL_CONTEXT_SIZE];

	ulid_format(id, "cred", &w->id);
	buf_init(out, TOKEN_SEALED_BYTES_MAX);
	assert_int_equal(
	    seal(key,
		 seal_context(context, slice_of(id), "token", slice_of(NULL)),
		 slice_of(token), out),
	    ERR_OK);
	return buf_slice(out);
}

bool answer(struct world *w, uint64_t after_ms, struct msg_token m)
{
	m.ask = w->ask.ask;
	m.credential = ulid_slice(&w->id);
	return holders_answer(w->hs, &m, WALL_MS + after_ms);
}

void answer_text(struct world *w, uint64_t after_ms, const char *token,
		 struct msg_token m)
{
	struct buf out;

	m.version = m.version ? m.version : 3;
	m.use_until_ms = WALL_MS + after_ms + USE_MS;
	m.renew_ms = WALL_MS + after_ms + RENEW_MS;
	m.sealed = sealed(w, token, &out);
	assert_true(answer(w, after_ms, m));
	buf_fini(&out);
}

void answer_token(struct world *w, uint64_t after_ms, uint64_t number)
{
	char token[64];

	(void)snprintf(token, sizeof(token), "token-%d", (int)number);
	answer_text(w, after_ms, token, (struct msg_token){.number = number});
}

void answer_error(struct world *w, uint64_t after_ms, const char *error,
		  uint64_t retry_ms)
{
	assert_true(answer(w, after_ms,
			   (struct msg_token){
			       .error = slice_of(error),
			       .retry_ms = WALL_MS + after_ms + retry_ms,
			   }));
}

void hold(struct world *w)
{
	waits(w, 1, 0);
	answer_token(w, 0, 7);
	ready(w, 1);
	assert_int_equal(w->asks, 1);
}
