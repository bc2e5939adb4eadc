/*
 * replies_test - who waits for a call's result: until when, and how many.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "replies.h"

#define BYTES_MAX 100000

struct world {
	struct replies *replies;
	struct address *to;
	size_t cost;
};

static int setup(void **state)
{
	static struct world w;
	const struct slice front[] = {SLICE_LIT("peer"), SLICE_LIT("")};

	w.replies = replies_new(10, BYTES_MAX);
	w.to = address_new(ENCODING_MSGPACK, front, 2);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	replies_free(&w->replies);
	assert_int_equal(w->to->refs, 1);
	address_unref(&w->to);
	return 0;
}

static void reserve(struct world *w, size_t n)
{
	assert_true(replies_reserve(w->replies, n, w->to, &w->cost));
}

static void add(struct world *w, struct ulid id, uint64_t until, bool at_once)
{
	const struct reply_wait wait = {.id = id,
					.partition = 7,
					.until_ms = until,
					.cost = w->cost,
					.at_once = at_once};

	replies_add(w->replies, &wait, w->to, 0);
}

static bool pop(struct world *w, struct ulid id)
{
	struct address *to = replies_pop(w->replies, &id);
	bool any = to != NULL;

	if (any)
		assert_ptr_equal(to, w->to);
	address_unref(&to);
	return any;
}

/* True when it is this one that is looked up. */
static bool look(struct world *w, uint64_t now, struct ulid want)
{
	struct ulid id;
	uint64_t partition;

	if (!replies_look(w->replies, now, &id, &partition))
		return false;
	assert_int_equal(partition, 7);
	return ulid_eq(&id, &want);
}

static void test_told_once(void **state)
{
	struct world *w = *state;
	struct ulid a = ulid_new(1), b = ulid_new(1);

	assert_int_equal(w->to->n, 2);
	assert_true(slice_eq_str(w->to->frames[0], "peer"));
	reserve(w, 3);
	add(w, a, 100, false);
	add(w, a, 100, false);
	add(w, b, 100, false);
	assert_int_equal(replies_waiting(w->replies), 3);
	assert_true(pop(w, a));
	assert_true(pop(w, a));
	assert_false(pop(w, a));
	assert_true(pop(w, b));
	assert_int_equal(replies_waiting(w->replies), 0);
}

static void test_bounds(void **state)
{
	struct world *w = *state;
	size_t cost;

	reserve(w, 10);
	assert_false(replies_reserve(w->replies, 1, w->to, &cost));
	replies_release(w->replies, 1, w->cost);
	assert_true(replies_reserve(w->replies, 1, w->to, &cost));
	assert_int_equal(replies_waiting(w->replies), 10);
	replies_release(w->replies, 9, w->cost);
	replies_release(w->replies, 1, cost);
	assert_int_equal(replies_waiting(w->replies), 0);
}

static void test_bytes(void **state)
{
	static char bytes[BYTES_MAX];
	struct world *w = *state;
	struct slice front = slice_bytes(bytes, sizeof(bytes) / 2);
	struct address *large = address_new(ENCODING_JSON, &front, 1);
	size_t cost, other;

	assert_true(replies_reserve(w->replies, 1, large, &cost));
	assert_false(replies_reserve(w->replies, 1, large, &other));
	replies_release(w->replies, 1, cost);
	/* Many share one address. */
	assert_true(replies_reserve(w->replies, 9, large, &cost));
	replies_release(w->replies, 9, cost);
	address_unref(&large);
}

static void test_looks(void **state)
{
	struct world *w = *state;
	struct ulid a = ulid_new(1), b = ulid_new(1), none = ulid_new(1);

	reserve(w, 2);
	add(w, a, 20000, false);
	add(w, b, 20000, true);
	assert_true(look(w, 0, b));
	assert_false(look(w, 0, none));
	assert_false(look(w, REPLIES_FIRST_LOOK_MS - 1, none));
	assert_true(look(w, REPLIES_FIRST_LOOK_MS, a));
	assert_true(look(w, REPLIES_LOOK_MS, b));
	assert_true(look(w, REPLIES_FIRST_LOOK_MS + REPLIES_LOOK_MS, a));
	assert_true(pop(w, a));
	assert_true(look(w, 3 * REPLIES_LOOK_MS, b));
	assert_false(look(w, 3 * REPLIES_LOOK_MS, none));
}

/* A repeat while the first still waits. */
static void test_a_repeat_looks_at_once(void **state)
{
	struct world *w = *state;
	struct ulid a = ulid_new(1);

	reserve(w, 2);
	add(w, a, 2000, false);
	add(w, a, 9000, true);
	assert_true(look(w, 0, a));
	assert_true(look(w, REPLIES_LOOK_MS, a));
	assert_int_equal(replies_expired(w->replies), 0);
	assert_true(pop(w, a));
	assert_true(pop(w, a));
}

static void test_time_over(void **state)
{
	struct world *w = *state;
	struct ulid a = ulid_new(1), b = ulid_new(1);

	reserve(w, 3);
	add(w, a, 900, false);
	add(w, b, 60000, false);
	assert_true(look(w, 1000, b));
	assert_false(pop(w, a));
	assert_int_equal(replies_expired(w->replies), 1);
	/* One is b's, one has been reserved and not used. */
	assert_int_equal(replies_waiting(w->replies), 2);
	replies_release(w->replies, 1, w->cost);
	assert_true(pop(w, b));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_told_once),
	    TEST(test_bounds),
	    TEST(test_bytes),
	    TEST(test_looks),
	    TEST(test_a_repeat_looks_at_once),
	    TEST(test_time_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
