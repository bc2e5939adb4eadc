/*
 * grant_test - what a grant says to an ask, and its record.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "asks.h"
#include "base/mem.h"
#include "grant.h"
#include "schedule.h"

#define NOW 1795421805000u
#define HOUR_MS 3600000u

/* Version 3 of a credential, its token fetched now, for an hour. */
static struct grant_record held(void)
{
	struct grant_record r = {0};
	const struct grant_token token = {SLICE_LIT("sealed"), NOW, 3600};

	grant_succeed(&r, 3, &token, 0.5, NOW);
	return r;
}

static enum grant_say say(const struct grant_record *r, uint64_t version,
			  uint64_t not_number, uint64_t flags, uint64_t wall)
{
	const struct msg_token_ask m = {.not_number = not_number,
					.flags = flags};

	return grant_say(r, version, &m, wall);
}

static void nothing_is_held(void **state)
{
	struct grant_record r = {0};

	(void)state;
	assert_int_equal(say(&r, 3, 0, 0, NOW), GRANT_NEEDED);
	assert_int_equal(say(&r, 0, 0, 0, NOW), GRANT_NEEDED);
	assert_int_equal(say(&r, 3, 9, TOKEN_REJECTED, NOW), GRANT_NEEDED);
}

static void one_is_held(void **state)
{
	struct grant_record r = held();
	uint64_t until = NOW + HOUR_MS - MARGIN_MS, n = r.number;

	(void)state;
	assert_int_equal(say(&r, 3, 0, 0, NOW), GRANT_HAS);
	assert_int_equal(say(&r, 3, 0, 0, until - 1), GRANT_HAS);
	assert_int_equal(say(&r, 3, 0, 0, until), GRANT_NEEDED);
	/* Of the credential as it was before. */
	assert_int_equal(say(&r, 4, 0, 0, NOW), GRANT_NEEDED);
	/* Another one than was refused, or is about to end. */
	assert_int_equal(say(&r, 3, n - 1, TOKEN_REJECTED, NOW), GRANT_HAS);
	assert_int_equal(say(&r, 3, n - 1, TOKEN_RENEW, NOW), GRANT_HAS);
	assert_int_equal(say(&r, 3, n, TOKEN_REJECTED, NOW), GRANT_NEEDED);
	assert_int_equal(say(&r, 3, 0, TOKEN_TEST, NOW), GRANT_NEEDED);
	/* Not because somebody's clock is ahead. */
	assert_int_equal(say(&r, 3, n, TOKEN_RENEW, NOW), GRANT_HAS);
	assert_int_equal(say(&r, 3, n, TOKEN_RENEW, r.renew_ms), GRANT_NEEDED);
	grant_record_fini(&r);
}

static void refusals_are_limited(void **state)
{
	struct grant_record r = held();

	(void)state;
	for (int i = 0; i < REFUSALS_BURST; i++)
		assert_true(schedule_refusal(&r.refused_ms, NOW));
	assert_int_equal(say(&r, 3, r.number, TOKEN_REJECTED, NOW),
			 GRANT_LIMITED);
	assert_int_equal(
	    say(&r, 3, r.number, TOKEN_REJECTED, NOW + REFUSALS_INTERVAL_MS),
	    GRANT_NEEDED);
	assert_int_equal(say(&r, 3, 0, 0, NOW), GRANT_HAS);
	grant_record_fini(&r);
}

/* Else nothing would be fetched until it is where it has been. */
static void refusals_end_when_a_clock_is_set_back(void **state)
{
	uint64_t back = NOW - 24 * (uint64_t)HOUR_MS, apart = NOW - 60000;
	struct grant_record r = held();

	(void)state;
	for (int i = 0; i < REFUSALS_BURST; i++)
		assert_true(schedule_refusal(&r.refused_ms, NOW));
	/* Of two processes one may be behind by a little. */
	assert_int_equal(say(&r, 3, r.number, TOKEN_REJECTED, apart),
			 GRANT_LIMITED);
	assert_int_equal(say(&r, 3, r.number, TOKEN_REJECTED, back),
			 GRANT_NEEDED);
	for (int i = 0; i < REFUSALS_BURST; i++) {
		assert_int_equal(schedule_refusal_ms(r.refused_ms, back), 0);
		assert_true(schedule_refusal(&r.refused_ms, back));
	}
	assert_int_equal(schedule_refusal_ms(r.refused_ms, back),
			 REFUSALS_INTERVAL_MS);
	assert_false(schedule_refusal(&r.refused_ms, back));
	grant_record_fini(&r);
}

static void failures(void **state)
{
	const struct grant_failure failure = {"oauth_unavailable",
					      "connect_failed", 0, 0, true};
	struct grant_record r = held();
	uint64_t later = NOW + HOUR_MS - 60000;

	(void)state;
	grant_fail(&r, 3, &failure, 0.5, later);
	assert_int_equal(r.failures, 1);
	assert_int_equal(r.retry_ms, later + BACKOFF_TEMPORARY_MS);
	/* What is held is as good as before. */
	assert_int_equal(say(&r, 3, 0, 0, later), GRANT_HAS);
	assert_int_equal(say(&r, 3, r.number, TOKEN_RENEW, later),
			 GRANT_FAILING);
	assert_int_equal(say(&r, 3, r.number, TOKEN_RENEW, r.retry_ms),
			 GRANT_NEEDED);
	assert_int_equal(say(&r, 3, 0, TOKEN_TEST, later), GRANT_NEEDED);
	grant_fail(&r, 3, &failure, 0.5, later);
	assert_int_equal(r.retry_ms, later + 2 * BACKOFF_TEMPORARY_MS);
	/* Another version begins anew. */
	assert_int_equal(say(&r, 4, 0, 0, later), GRANT_NEEDED);
	grant_fail(&r, 4, &failure, 0.5, later);
	assert_int_equal(r.failures, 1);
	assert_null(r.sealed);
	assert_int_equal(say(&r, 4, 0, 0, later), GRANT_FAILING);
	grant_record_fini(&r);
}

/* What has failed in the future is no reason to wait until then. */
static void clock_set_back(void **state)
{
	const struct grant_failure failure = {"oauth_unavailable", "", 0, 0,
					      true};
	struct grant_record r = {0};

	(void)state;
	grant_fail(&r, 3, &failure, 0.5, NOW);
	assert_int_equal(say(&r, 3, 0, 0, NOW), GRANT_FAILING);
	assert_int_equal(say(&r, 3, 0, 0, NOW - 60000), GRANT_FAILING);
	assert_int_equal(say(&r, 3, 0, 0, NOW - 24 * HOUR_MS), GRANT_NEEDED);
	grant_record_fini(&r);
}

static void numbers_grow(void **state)
{
	const struct grant_token token = {SLICE_LIT("s"), NOW, 60};
	struct grant_record r = {0};
	uint64_t last = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		grant_succeed(&r, 1, &token, 0, NOW);
		assert_true(r.number > last);
		last = r.number;
	}
	/* Also when all that was known has been lost. */
	grant_record_fini(&r);
	r = (struct grant_record){0};
	grant_succeed(&r, 1, &token, 0, NOW + 10);
	assert_true(r.number > last);
	grant_record_fini(&r);
}

static void renewal(void **state)
{
	struct grant g = {.record = held()};
	uint64_t renew = g.record.renew_ms;
	const struct grant_failure failure = {"oauth_unavailable", "", 0, 0,
					      true};

	(void)state;
	assert_false(grant_is_due(&g, 3, HOUR_MS, renew - 1));
	assert_true(grant_is_due(&g, 3, HOUR_MS, renew));
	assert_false(grant_is_due(&g, 4, HOUR_MS, renew));
	/* Nobody has asked for it since. */
	assert_false(grant_is_due(&g, 3, 1000, renew));
	g.asked_ms = renew - 500;
	assert_true(grant_is_due(&g, 3, 1000, renew));
	grant_fail(&g.record, 3, &failure, 0.5, renew);
	assert_false(grant_is_due(&g, 3, HOUR_MS, renew));
	assert_true(grant_is_due(&g, 3, HOUR_MS, g.record.retry_ms));
	/* Late, but somebody has asked for it not long ago. */
	g.asked_ms = NOW;
	assert_true(grant_is_due(&g, 3, 2 * HOUR_MS, NOW + HOUR_MS));
	assert_false(grant_is_due(&g, 3, 2 * HOUR_MS, NOW + 2 * HOUR_MS));
	grant_record_fini(&g.record);
}

static void records(void **state)
{
	const struct grant_failure failure = {"oauth_x", "why", 418, 0, false};
	struct grant_record r = held(), back = {0};
	struct buf frame;

	(void)state;
	grant_fail(&r, 3, &failure, 0.5, NOW);
	r.refused_ms = 77;
	buf_init(&frame, 65536);
	grant_encode(&r, &frame);
	assert_int_equal(grant_decode(buf_slice(&frame), &back), ERR_OK);
	assert_true(grant_same(&r, &back));
	assert_string_equal(back.sealed, "sealed");
	assert_string_equal(back.error, "oauth_x");
	assert_string_equal(back.detail, "why");
	assert_int_equal(back.status, 418);
	assert_int_equal(back.renew_ms, r.renew_ms);
	/* Over what was there before; and no stump is taken. */
	assert_int_equal(grant_decode(buf_slice(&frame), &back), ERR_OK);
	for (size_t n = 0; n < frame.n; n++)
		assert_int_equal(grant_decode(slice_bytes(frame.p, n), &back),
				 ERR_MALFORMED);
	assert_true(grant_same(&r, &back));
	grant_record_fini(&r);
	grant_record_fini(&back);
	buf_fini(&frame);
}

static void asking_again(void **state)
{
	struct msg_token_ask m = {.ask = 1}, test = {.flags = TOKEN_TEST};
	struct list asks, *node;

	(void)state;
	list_init(&asks);
	assert_true(asks_add(&asks, SLICE_LIT("a"), &m, 10));
	assert_true(asks_add(&asks, SLICE_LIT("b"), &m, 20));
	m.ask = 2;
	m.flags = TOKEN_REJECTED;
	assert_false(asks_add(&asks, SLICE_LIT("a"), &m, 30));
	assert_true(asks_add(&asks, SLICE_LIT("a"), &test, 40));
	assert_true(asks_add(&asks, SLICE_LIT("a"), &test, 40));
	node = list_first(&asks);
	assert_int_equal(container_of(node, struct ask, node)->m.ask, 2);
	assert_int_equal(container_of(node, struct ask, node)->since_us, 30);
	/* Nor does an ask take the place of a test. */
	assert_true(asks_add(&asks, SLICE_LIT("c"), &test, 50));
	assert_true(asks_add(&asks, SLICE_LIT("c"), &m, 60));
	assert_false(asks_add(&asks, SLICE_LIT("c"), &m, 70));
	while ((node = list_first(&asks)))
		ask_free(container_of(node, struct ask, node));
}

static void answers(void **state)
{
	struct grant g = {.record = held()};
	struct answer answer = {.ask = 7, .version = 3, .error = ""};
	struct msg_head head;
	struct msg_token m;
	struct buf frame;
	struct slice in;

	(void)state;
	buf_init(&frame, 65536);
	answer_encode(&g, &answer, &frame);
	in = buf_slice(&frame);
	assert_int_equal(msg_decode_head(&in, &head, 1), ERR_OK);
	assert_int_equal(msg_decode_token(&in, &m), ERR_OK);
	assert_int_equal(m.ask, 7);
	assert_int_equal(m.number, 0);
	assert_int_equal(m.sealed.n, 0);
	answer.good = true;
	buf_reset(&frame);
	answer_encode(&g, &answer, &frame);
	in = buf_slice(&frame);
	assert_int_equal(msg_decode_head(&in, &head, 1), ERR_OK);
	assert_int_equal(msg_decode_token(&in, &m), ERR_OK);
	assert_int_equal(m.number, g.record.number);
	assert_int_equal(m.use_until_ms, NOW + HOUR_MS - MARGIN_MS);
	assert_int_equal(m.renew_ms, g.record.renew_ms);
	assert_true(slice_eq_str(m.sealed, "sealed"));
	grant_record_fini(&g.record);
	buf_fini(&frame);
}

static void many(void **state)
{
	struct grants *all = grants_new(2);
	struct ulid a = {{1}}, b = {{2}}, c = {{3}};
	struct grant *first = grants_get(all, &a);
	size_t pos = 0, n = 0;

	(void)state;
	assert_non_null(first);
	assert_ptr_equal(grants_get(all, &a), first);
	assert_non_null(grants_get(all, &b));
	assert_null(grants_get(all, &c));
	assert_null(grants_find(all, &c));
	while (grants_next(all, &pos))
		n++;
	assert_int_equal(n, 2);
	grants_drop(all, first);
	assert_null(grants_find(all, &a));
	assert_non_null(grants_get(all, &c));
	assert_int_equal(grants_count(all), 2);
	grants_free(&all);
	assert_null(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_held),
	    cmocka_unit_test(one_is_held),
	    cmocka_unit_test(refusals_are_limited),
	    cmocka_unit_test(refusals_end_when_a_clock_is_set_back),
	    cmocka_unit_test(failures),
	    cmocka_unit_test(clock_set_back),
	    cmocka_unit_test(numbers_grow),
	    cmocka_unit_test(renewal),
	    cmocka_unit_test(records),
	    cmocka_unit_test(asking_again),
	    cmocka_unit_test(answers),
	    cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
