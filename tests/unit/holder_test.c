/*
 * holder_test - tokens in memory: used, asked for, renewed, rejected, given up.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "holder_world.h"

static void one_ask_serves_all(void **state)
{
	struct world *w = *state;

	assert_null(use(w, 0));
	waits(w, 1, 0);
	waits(w, 2, 10);
	assert_int_equal(w->asks, 1);
	assert_int_equal(w->ask.version, 3);
	assert_int_equal(w->ask.not_number, 0);
	assert_int_equal(w->ask.flags, 0);
	assert_int_equal(w->queue.n, 2);
	assert_int_equal(holders_waiting(w->hs), 2);
	assert_null(queue_pop(&w->queue));
	assert_int_equal(queue_push(&w->queue, task(3)), ERR_OK);
	answer_token(w, 20, 7);
	assert_int_equal(holders_waiting(w->hs), 0);
	assert_int_equal(holders_tokens(w->hs), 1);
	assert_string_equal(use(w, 20)->line, "Authorization: Bearer token-7");
	for (uint64_t i = 1; i <= 3; i++)
		ready(w, i);
	assert_int_equal(w->queue.n, 0);
	uses(w, RENEW_MS, 7);
	assert_int_equal(w->asks, 1);
}

static void unknown(void **state)
{
	struct world *w = *state;
	struct task *t = task(1);

	w->version = 0;
	assert_int_equal(want(w, t, 0).kind, ADMISSION_UNKNOWN);
	assert_int_equal(w->asks, 0);
	task_free(&t);
}

static void too_many_wait(void **state)
{
	struct world *w = *state;

	for (uint64_t i = 1; i <= WAITING_MAX; i++)
		waits(w, i, 0);
	refused(w, 0, "oauth_busy", 1000);
	holders_recall(w->hs);
	for (uint64_t i = 1; i <= WAITING_MAX; i++)
		ready(w, i);
	waits(w, 9, 0);
}

static void other_answers(void **state)
{
	struct world *w = *state;
	struct msg_token m = {.credential = SLICE_LIT("short")};

	waits(w, 1, 0);
	assert_false(holders_answer(w->hs, &m, WALL_MS));
	m.credential = ulid_slice(&w->id);
	m.ask = w->ask.ask + 1;
	assert_false(holders_answer(w->hs, &m, WALL_MS));
	assert_int_equal(holders_waiting(w->hs), 1);
	answer_token(w, 0, 7);
	assert_false(
	    answer(w, 0, (struct msg_token){.error = SLICE_LIT("oauth_x")}));
	uses(w, 0, 7);
}

static void errors_last(void **state)
{
	struct world *w = *state;

	waits(w, 1, 0);
	answer_error(w, 0, "oauth_invalid_client", 30000);
	ready(w, 1);
	assert_null(use(w, 0));
	holders_trim(w->hs, WALL_MS);
	refused(w, 0, "oauth_invalid_client", 30000);
	refused(w, 29900, "oauth_invalid_client", 1000);
	assert_int_equal(w->asks, 1);
	waits(w, 2, 30000);
	assert_int_equal(w->asks, 2);
	/* Only a code is shown to users, and within bounds of time. */
	answer_error(w, 30000, "Bearer abc", 0);
	refused(w, 30000, "oauth_unavailable", 1000);
	waits(w, 3, 31000);
	answer_error(w, 31000, "", (uint64_t)1 << 40);
	refused(w, 31000, "oauth_unavailable", 3600000);
}

static void waiting_ends(void **state)
{
	struct world *w = *state;
	struct task *t;

	waits(w, 1, 0);
	waits(w, 2, 1000);
	holders_recall(w->hs);
	t = queue_pop(&w->queue);
	/* Once more: it has waited since the first time. */
	assert_int_equal(want(w, t, 4000).kind, ADMISSION_WAITS);
	assert_null(holders_pop_expired(w->hs, NOW_MS + WAIT_MS - 1));
	t = holders_pop_expired(w->hs, NOW_MS + WAIT_MS);
	assert_non_null(t);
	assert_int_equal(t->number, 1);
	assert_null(holders_pop_expired(w->hs, NOW_MS + WAIT_MS));
	assert_int_equal(holders_waiting(w->hs), 0);
	assert_int_equal(w->queue.n, 1);
	task_free(&t);
	/* An answer that comes late is good for others. */
	answer_token(w, 6000, 7);
	uses(w, 6000, 7);
}

static void asks_are_repeated(void **state)
{
	struct world *w = *state;
	uint64_t number;

	waits(w, 1, 0);
	number = w->ask.ask;
	holders_ask_again(w->hs, NOW_MS + 1999, false);
	assert_int_equal(w->asks, 1);
	holders_ask_again(w->hs, NOW_MS + 2000, false);
	holders_ask_again(w->hs, NOW_MS + 2001, false);
	assert_int_equal(w->asks, 2);
	holders_ask_again(w->hs, NOW_MS + 2002, true);
	assert_int_equal(w->asks, 3);
	assert_int_equal(w->ask.ask, number);
	answer_token(w, 2003, 7);
	holders_ask_again(w->hs, NOW_MS + 9000, true);
	assert_int_equal(w->asks, 3);
}

/* Nobody waits any more, but the question is still open. */
static void given_up_asks_are_repeated(void **state)
{
	struct world *w = *state;
	struct task *t;

	waits(w, 1, 0);
	t = holders_pop_expired(w->hs, NOW_MS + WAIT_MS);
	task_free(&t);
	holders_ask_again(w->hs, NOW_MS + WAIT_MS, true);
	assert_int_equal(w->asks, 1);
	waits(w, 2, WAIT_MS);
	waits(w, 3, WAIT_MS);
	assert_int_equal(w->asks, 2);
}

static void renewal(void **state)
{
	struct world *w = *state;

	hold(w);
	uses(w, RENEW_MS - 1, 7);
	assert_int_equal(w->asks, 1);
	uses(w, RENEW_MS, 7);
	uses(w, RENEW_MS + 1999, 7);
	assert_int_equal(w->asks, 2);
	assert_int_equal(w->ask.flags, TOKEN_RENEW);
	assert_int_equal(w->ask.not_number, 7);
	uses(w, RENEW_MS + 2000, 7);
	assert_int_equal(w->asks, 3);
	answer_token(w, RENEW_MS + 2001, 8);
	uses(w, RENEW_MS + 2001, 8);
	assert_int_equal(w->asks, 3);
	assert_int_equal(holders_tokens(w->hs), 1);
}

static void renewal_fails(void **state)
{
	struct world *w = *state;

	hold(w);
	uses(w, RENEW_MS, 7);
	answer_error(w, RENEW_MS, "oauth_server_error", 20000);
	uses(w, RENEW_MS + 19999, 7);
	assert_int_equal(w->asks, 2);
	uses(w, RENEW_MS + 20000, 7);
	assert_int_equal(w->asks, 3);
	/* The same one again, and why there is no other. */
	answer_text(w, 0, "token-7",
		    (struct msg_token){
			.number = 7,
			.error = SLICE_LIT("oauth_server_error"),
			.retry_ms = WALL_MS + RENEW_MS + 50000,
		    });
	uses(w, RENEW_MS + 49999, 7);
	assert_int_equal(w->asks, 3);
	/* At its end nobody has renewed it. */
	uses(w, USE_MS - 1, 7);
	assert_int_equal(w->asks, 4);
	assert_null(use(w, USE_MS));
	assert_int_equal(holders_tokens(w->hs), 0);
	waits(w, 1, USE_MS);
	assert_int_equal(w->asks, 5);
	assert_int_equal(w->ask.flags, 0);
	assert_int_equal(w->ask.not_number, 0);
}

static bool reject(struct world *w, uint64_t after_ms)
{
	return holders_reject(w->hs, use(w, after_ms), WALL_MS + after_ms);
}

static void rejected(void **state)
{
	struct world *w = *state;
	struct bearer *old;

	hold(w);
	old = bearer_ref(use(w, 0));
	assert_true(reject(w, 10));
	assert_null(use(w, 10));
	waits(w, 1, 10);
	assert_int_equal(w->ask.flags, TOKEN_REJECTED);
	assert_int_equal(w->ask.not_number, 7);
	/* The line is kept for who is under way with it. */
	assert_string_equal(old->line, "Authorization: Bearer token-7");
	answer_token(w, 20, 8);
	uses(w, 20, 8);
	/* Another that was under way with it has no say about its successor. */
	assert_false(holders_reject(w->hs, old, WALL_MS + 30));
	uses(w, 30, 8);
	assert_int_equal(w->asks, 2);
	bearer_unref(&old);
	waits(w, 2, 20 + USE_MS);
	assert_int_equal(w->ask.flags, 0);
	assert_int_equal(w->ask.not_number, 0);
}

static void rejected_in_vain(void **state)
{
	struct world *w = *state;

	hold(w);
	assert_true(reject(w, 0));
	waits(w, 1, 0);
	answer_text(w, 0, "token-7",
		    (struct msg_token){
			.number = 7,
			.error = SLICE_LIT("oauth_rejected"),
			.retry_ms = WALL_MS + 60000,
		    });
	ready(w, 1);
	uses(w, 0, 7);
	assert_false(reject(w, 59999));
	uses(w, 59999, 7);
	assert_int_equal(w->asks, 2);
	assert_true(reject(w, 60000));
	assert_null(use(w, 60000));
	/* Until there is another, this one is not wanted. */
	waits(w, 2, 60000);
	answer_error(w, 60000, "oauth_timeout", 2000);
	ready(w, 2);
	waits(w, 3, 62000);
	assert_int_equal(w->ask.flags, TOKEN_REJECTED);
	assert_int_equal(w->ask.not_number, 7);
}

/* What answers the renewal may be the very one that was rejected meanwhile. */
static void rejected_while_renewed(void **state)
{
	struct world *w = *state;

	hold(w);
	uses(w, RENEW_MS, 7);
	assert_true(reject(w, RENEW_MS));
	assert_false(answer(w, RENEW_MS,
			    (struct msg_token){.error = SLICE_LIT("oauth_x")}));
	waits(w, 1, RENEW_MS);
	assert_int_equal(w->asks, 3);
	assert_int_equal(w->ask.flags, TOKEN_REJECTED);
}

static void credential_changes(void **state)
{
	struct world *w = *state;

	hold(w);
	holders_look(w->hs, &w->id);
	uses(w, 0, 7);
	w->version = 4;
	waits(w, 2, 0); /* nobody has told yet */
	holders_look_at_all(w->hs);
	ready(w, 2);
	assert_null(use(w, 0));
	assert_int_equal(holders_tokens(w->hs), 0);
	waits(w, 3, 0);
	assert_int_equal(w->ask.version, 4);
	/* Of the older state: as good as none. */
	answer_text(w, 0, "token-7", (struct msg_token){.number = 7});
	ready(w, 3);
	refused(w, 0, "oauth_unavailable", 1000);
	waits(w, 4, 1000);
	/* Of a newer one than is known here. */
	answer_text(w, 1000, "token-9",
		    (struct msg_token){.number = 9, .version = 6});
	ready(w, 4);
	w->version = 6;
	holders_look(w->hs, &w->id);
	uses(w, 1000, 9);
	w->version = 0;
	holders_look(w->hs, &w->id);
	assert_null(use(w, 1000));
	assert_int_equal(holders_tokens(w->hs), 0);
}

static void gone_while_waiting(void **state)
{
	struct world *w = *state;
	struct task *t = task(2);

	waits(w, 1, 0);
	w->version = 0;
	holders_look(w->hs, &w->id);
	ready(w, 1);
	assert_int_equal(want(w, t, 0).kind, ADMISSION_UNKNOWN);
	assert_false(answer(w, 0, (struct msg_token){.number = 7}));
	task_free(&t);
}

static void bad_tokens(void **state)
{
	static const char *const texts[] = {"", "two words", "a\r\nX: y",
					    "\x7f", "caf\xc3\xa9"};
	static const char *const raw[] = {"token", "sealed:1:AAAA", ""};
	struct world *w = *state;
	uint64_t after = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		waits(w, 1, after);
		answer_text(w, after, texts[i],
			    (struct msg_token){.number = 7});
		ready(w, 1);
		refused(w, after, "oauth_unavailable", 1000);
		after += 1000;
	}
	for (size_t i = 0; i < sizeof(raw) / sizeof(*raw); i++) {
		waits(w, 1, after);
		assert_true(answer(w, after,
				   (struct msg_token){
				       .number = 7,
				       .version = 3,
				       .use_until_ms = WALL_MS + USE_MS,
				       .sealed = slice_of(raw[i]),
				   }));
		ready(w, 1);
		assert_null(use(w, after));
		after += 1000;
	}
}

static void forgets(void **state)
{
	struct world *w = *state;
	const struct holder_time time = {NOW_MS, WALL_MS};
	struct task *t = task(1);

	waits(w, 1, 0);
	holders_trim(w->hs, WALL_MS + USE_MS);
	assert_int_equal(holders_waiting(w->hs), 1);
	answer_token(w, 0, 7);
	ready(w, 1);
	holders_trim(w->hs, WALL_MS + USE_MS - 1);
	assert_int_equal(holders_tokens(w->hs), 1);
	holders_trim(w->hs, WALL_MS + USE_MS);
	assert_int_equal(holders_tokens(w->hs), 0);
	/* There is room for 4,096; the one that was used last goes last. */
	w->asks = 0;
	hold(w);
	for (uint32_t i = 1; i <= 4096; i++) {
		struct ulid id = {{1, [8] = (uint8_t)(i >> 8), (uint8_t)i}};

		assert_int_equal(holders_want(w->hs, &id, t, &time).kind,
				 ADMISSION_WAITS);
		holders_recall(w->hs);
		t = queue_pop(&w->queue);
		if (i == 4095)
			uses(w, 0, 7);
	}
	uses(w, 0, 7);
	task_free(&t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_ask_serves_all),
	    TEST(unknown),
	    TEST(too_many_wait),
	    TEST(other_answers),
	    TEST(errors_last),
	    TEST(waiting_ends),
	    TEST(asks_are_repeated),
	    TEST(given_up_asks_are_repeated),
	    TEST(renewal),
	    TEST(renewal_fails),
	    TEST(rejected),
	    TEST(rejected_in_vain),
	    TEST(rejected_while_renewed),
	    TEST(credential_changes),
	    TEST(gone_while_waiting),
	    TEST(bad_tokens),
	    TEST(forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
