/*
 * cluster_test - commands to a Redis Cluster of two real servers, while a slot
 * moves and while one of them is away.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cluster_world.h"

#define MANY 200

struct answer {
	struct world *w;
	enum err e;
	int64_t number;
	bool here;
};

static void on_answer(void *arg, enum err e, const struct reply *reply)
{
	struct answer *a = arg;

	assert_false(a->here);
	a->here = true;
	a->e = e;
	a->number = reply_int(reply);
	a->w->answers++;
}

static bool all_here(void *arg)
{
	return redis_pending(((struct world *)arg)->redis) == 0;
}

static void wait_all(struct world *w)
{
	io_run_until(&w->loop, all_here, w);
}

static void push(struct world *w, struct answer *a, const char *key, int n)
{
	*a = (struct answer){.w = w};
	assert_int_equal(
	    redis_commandf(w->redis, on_answer, a, "RPUSH %s %d", key, n),
	    ERR_OK);
}

/* The same by a script, which touches a second key that may be anywhere. */
static void push_by_script(struct world *w, struct answer *a, int n)
{
	const struct slice keys[] = {SLICE_LIT(KEY), SLICE_LIT(KEY_B)};
	char text[16];
	struct slice argv[1];

	snprintf(text, sizeof(text), "%d", n);
	argv[0] = slice_of(text);
	*a = (struct answer){.w = w};
	assert_int_equal(
	    redis_script(w->redis, 0, keys, 2, argv, 1, on_answer, a), ERR_OK);
}

/* The list has what was answered as done, in that order, and nothing else. */
static void check_list(const struct answer *a, int n, int first)
{
	int64_t place = 0;
	char text[16], want[16];

	for (int i = 0; i < n; i++) {
		assert_true(a[i].here);
		assert_true(a[i].e == ERR_OK || a[i].e == ERR_AGAIN);
		if (a[i].e != ERR_OK)
			continue;
		snprintf(want, sizeof(want), "%d", first + i);
		world_lindex(KEY, place++, text, sizeof(text));
		assert_string_equal(text, want);
	}
	world_lindex(KEY, place, text, sizeof(text));
	assert_string_equal(text, "");
}

static void every_master_is_asked(void **state)
{
	struct world w;
	struct answer a[2];

	(void)state;
	world_setup(&w);
	assert_true(redis_is_parted(w.redis));
	assert_true(redis_reaches(w.redis, SLICE_LIT(KEY)));
	assert_true(redis_reaches(w.redis, SLICE_LIT(FAR)));
	assert_int_not_equal(redis_home(w.redis, SLICE_LIT(KEY)),
			     redis_home(w.redis, SLICE_LIT(FAR)));
	push(&w, &a[0], KEY, 1);
	push(&w, &a[1], FAR, 1);
	assert_int_equal(redis_pending(w.redis), 2);
	wait_all(&w);
	assert_int_equal(a[0].e, ERR_OK);
	assert_int_equal(a[1].e, ERR_OK);
	push_by_script(&w, &a[0], 2);
	wait_all(&w);
	assert_int_equal(a[0].e, ERR_OK);
	/* The script has not seen the guard. */
	assert_int_equal(a[0].number, 2);
	a[0].here = false;
	assert_int_equal(redis_commandf(w.redis, on_answer, &a[0], "PING"),
			 ERR_OK);
	wait_all(&w);
	assert_int_equal(a[0].e, ERR_OK);
	world_teardown(&w);
}

/* MOVED, for a whole pipeline: each is done once, in the order given. */
static void a_slot_has_moved(void **state)
{
	static struct answer a[MANY];
	struct world w;

	(void)state;
	world_setup(&w);
	world_begin_move();
	world_end_move();
	for (int i = 0; i < MANY; i++)
		push(&w, &a[i], KEY, i);
	wait_all(&w);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(a[i].e, ERR_OK);
	check_list(a, MANY, 0);
	/* It goes there at once from now on. */
	push(&w, &a[0], KEY, MANY);
	wait_all(&w);
	assert_int_equal(a[0].number, MANY + 1);
	world_teardown(&w);
}

/* ASK for a key that has gone, TRYAGAIN for a script, which waits; what comes
 * behind it waits as well. */
static void a_slot_is_moving(void **state)
{
	static struct answer a[MANY];
	struct world w;
	int n = 0;

	(void)state;
	world_setup(&w);
	push(&w, &a[n++], KEY, 0);
	wait_all(&w);
	world_begin_move();
	world_move_keys();
	push(&w, &a[n], KEY, n);
	n++;
	wait_all(&w); /* at the other, as ASK says */
	assert_int_equal(a[n - 1].e, ERR_OK);
	push_by_script(&w, &a[n], n);
	n++;
	while (n < MANY / 2) {
		push(&w, &a[n], KEY, n);
		n++;
	}
	world_run_ms(&w, 100);
	assert_false(a[2].here);
	assert_false(a[n - 1].here);
	world_end_move();
	wait_all(&w);
	for (int i = 0; i < n; i++)
		assert_int_equal(a[i].e, ERR_OK);
	check_list(a, n, 0);
	world_teardown(&w);
}

/* A script that was turned away while a later command was done is not done
 * after it. */
static void nothing_overtakes(void **state)
{
	static struct answer a[MANY];
	struct world w;

	(void)state;
	world_setup(&w);
	push(&w, &a[0], KEY, 0);
	wait_all(&w);
	world_begin_move();
	/* All under way at once; the list is still where it was. */
	for (int i = 1; i < 20; i++) {
		if (i % 3 == 0)
			push_by_script(&w, &a[i], i);
		else
			push(&w, &a[i], KEY, i);
	}
	world_run_ms(&w, 100);
	world_move_keys();
	world_end_move();
	wait_all(&w);
	for (int i = 1; i < 20; i++)
		assert_int_equal(a[i].e, i % 3 == 0 ? ERR_AGAIN : ERR_OK);
	check_list(a, 20, 0);
	world_teardown(&w);
}

/* All keys that a script names are there, and one that it only touches is not:
 * it must not get as far as that. */
static void no_script_is_half_done(void **state)
{
	const struct slice key = SLICE_LIT(KEY), argv = SLICE_LIT("1");
	static struct answer a[2];
	struct world w;

	(void)state;
	world_setup(&w);
	push(&w, &a[0], KEY, 0);
	wait_all(&w);
	world_begin_move();
	a[1] = (struct answer){.w = &w};
	assert_int_equal(
	    redis_script(w.redis, 1, &key, 1, &argv, 1, on_answer, &a[1]),
	    ERR_OK);
	world_run_ms(&w, 100);
	assert_false(a[1].here);
	check_list(a, 1, 0);
	world_move_keys();
	world_end_move();
	wait_all(&w);
	assert_int_equal(a[1].e, ERR_OK);
	check_list(a, 2, 0);
	world_teardown(&w);
}

static bool is_away(void *arg)
{
	struct world *w = arg;

	return !redis_reaches(w->redis, SLICE_LIT(KEY));
}

static bool is_back(void *arg)
{
	struct world *w = arg;

	return redis_reaches(w->redis, SLICE_LIT(KEY));
}

/* A slot that moves for long: commands end, new ones are refused, others go on,
 * and once it has arrived all is well. */
static void a_slot_moves_for_long(void **state)
{
	static struct answer a[3];
	struct world w;
	int downs, ups;

	(void)state;
	world_setup(&w);
	downs = w.downs;
	ups = w.ups;
	world_begin_move();
	push_by_script(&w, &a[0], 0);
	push(&w, &a[1], KEY, 1);
	io_run_until(&w.loop, is_away, &w);
	wait_all(&w);
	assert_int_equal(a[0].e, ERR_AGAIN);
	assert_int_equal(a[1].e, ERR_AGAIN);
	assert_int_equal(redis_commandf(w.redis, NULL, NULL, "GET " KEY),
			 ERR_CLOSED);
	assert_true(redis_is_up(w.redis));
	push(&w, &a[2], FAR, 1);
	wait_all(&w);
	assert_int_equal(a[2].e, ERR_OK);
	world_end_move();
	io_run_until(&w.loop, is_back, &w);
	world_run_ms(&w, 20);
	assert_int_equal(w.downs, downs + 1);
	assert_int_equal(w.ups, ups + 1);
	push_by_script(&w, &a[0], 0);
	wait_all(&w);
	assert_int_equal(a[0].e, ERR_OK);
	assert_int_equal(a[0].number, 1);
	world_teardown(&w);
}

/* One of two is killed: its keys are out of reach, the other's are not. */
static void a_master_dies(void **state)
{
	static struct answer a[2];
	struct world w;

	(void)state;
	world_setup(&w);
	world_kill(0);
	io_run_until(&w.loop, is_away, &w);
	assert_true(w.downs > 0);
	assert_true(redis_is_up(w.redis));
	assert_true(redis_reaches(w.redis, SLICE_LIT(FAR)));
	assert_int_equal(redis_commandf(w.redis, NULL, NULL, "GET " KEY),
			 ERR_CLOSED);
	push(&w, &a[0], FAR, 1);
	wait_all(&w);
	assert_int_equal(a[0].e, ERR_OK);
	world_start(0);
	io_run_until(&w.loop, is_back, &w);
	push(&w, &a[1], KEY, 1);
	wait_all(&w);
	assert_int_equal(a[1].e, ERR_OK);
	world_teardown(&w);
}

static bool hangs(void *arg)
{
	struct world *w = arg;

	return is_away(w) && redis_reaches(w->redis, SLICE_LIT(FAR));
}

/* One that has stopped is not asked for more, until it goes on. */
static void a_master_hangs(void **state)
{
	static struct answer a[2];
	struct world w;

	(void)state;
	world_setup(&w);
	world_signal(0, SIGSTOP);
	push(&w, &a[0], KEY, 0);
	io_run_until(&w.loop, hangs, &w);
	push(&w, &a[1], FAR, 1);
	io_run_until(&w.loop, io_is_set, &a[1].here);
	assert_false(a[0].here);
	world_signal(0, SIGCONT);
	io_run_until(&w.loop, is_back, &w);
	wait_all(&w);
	assert_int_equal(a[0].e, ERR_OK);
	world_teardown(&w);
}

static void closing_answers_all(void **state)
{
	static struct answer a[4];
	struct world w;

	(void)state;
	world_setup(&w);
	world_begin_move();
	push_by_script(&w, &a[0], 0);
	world_run_ms(&w, 100);
	push(&w, &a[1], KEY, 1);
	push(&w, &a[2], FAR, 1);
	redis_close(&w.redis);
	for (int i = 0; i < 3; i++) {
		assert_true(a[i].here);
		assert_int_equal(a[i].e, ERR_CLOSED);
	}
	world_teardown(&w);
}

static bool has_heard(void *arg)
{
	struct world *w = arg;

	world_publish(1);
	return w->messages > 0;
}

static void channels_are_heard(void **state)
{
	struct world w;

	(void)state;
	world_setup_with(&w, CHANNEL);
	assert_true(redis_is_up(w.redis));
	io_run_until(&w.loop, has_heard, &w);
	/* The one that is listened to goes, and the other is heard. */
	world_kill(0);
	world_run_ms(&w, 50);
	w.messages = 0;
	io_run_until(&w.loop, has_heard, &w);
	world_teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_master_is_asked),
	    cmocka_unit_test(a_slot_has_moved),
	    cmocka_unit_test(a_slot_is_moving),
	    cmocka_unit_test(nothing_overtakes),
	    cmocka_unit_test(no_script_is_half_done),
	    cmocka_unit_test(a_slot_moves_for_long),
	    cmocka_unit_test(a_master_dies),
	    cmocka_unit_test(a_master_hangs),
	    cmocka_unit_test(closing_answers_all),
	    cmocka_unit_test(channels_are_heard),
	};

	return cmocka_run_group_tests(tests, world_begin, world_end);
}
