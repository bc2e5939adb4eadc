/*
 * names_test - what is noted of event names, when it is due, and the bounds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "names.h"

#define T0 1000000
#define WALL 1795421805000

static bool add(struct names *n, const char *project, const char *name,
		const char *body, uint64_t now)
{
	const struct name_event event = {
	    .project = slice_of(project),
	    .name = slice_of(name),
	    .body = slice_of(body),
	    .now_ms = now,
	    .wall_ms = WALL + now,
	};

	return names_add(n, &event);
}

static size_t due(struct names *n, uint64_t now)
{
	struct name_note note;
	size_t pos = 0, count = 0;

	while (names_next(n, &pos, now, &note))
		count++;
	return count;
}

static void test_new_at_once_then_rarely(void **state)
{
	struct names *n = names_new(100);
	struct name_note note;
	size_t pos = 0;

	(void)state;
	assert_true(add(n, "acme", "order", "{\"n\":1}", T0));
	assert_true(add(n, "acme", "order", "{\"n\":2}", T0 + 5));
	assert_true(names_next(n, &pos, T0 + 10, &note));
	assert_true(slice_eq_str(note.project, "acme"));
	assert_true(slice_eq_str(note.name, "order"));
	assert_true(slice_eq_str(note.sample, "{\"n\":1}"));
	assert_int_equal(note.count, 2);
	assert_int_equal(note.wall_ms, WALL + T0 + 5);
	assert_false(names_next(n, &pos, T0 + 10, &note));

	assert_true(add(n, "acme", "order", "{\"n\":3}", T0 + 20));
	assert_int_equal(due(n, T0 + 9 + NAMES_WRITE_MS), 0);
	assert_true(
	    add(n, "acme", "order", "{\"n\":4}", T0 + 10 + NAMES_WRITE_MS));
	pos = 0;
	assert_true(names_next(n, &pos, T0 + 10 + NAMES_WRITE_MS, &note));
	assert_true(slice_eq_str(note.sample, "{\"n\":4}"));
	assert_int_equal(note.count, 2);
	names_free(&n);
	names_free(&n);
}

static void test_the_last_events_are_not_lost(void **state)
{
	struct names *n = names_new(100);

	(void)state;
	assert_true(add(n, "acme", "order", "{}", T0));
	assert_int_equal(due(n, T0), 1);
	assert_true(add(n, "acme", "order", "{}", T0 + 1));
	names_sweep(n, T0 + 1 + NAMES_QUIET_MS);
	assert_int_equal(names_count(n), 1);
	assert_int_equal(due(n, T0 + 1 + NAMES_QUIET_MS), 1);
	names_sweep(n, T0 + NAMES_QUIET_MS);
	assert_int_equal(names_count(n), 1);
	names_sweep(n, T0 + 1 + NAMES_QUIET_MS);
	assert_int_equal(names_count(n), 0);
	names_free(&n);
}

static void test_samples_are_bounded(void **state)
{
	struct names *n = names_new(10);
	struct names *none = names_new(0);
	struct name_note note;
	size_t pos = 0;

	(void)state;
	assert_true(add(n, "acme", "a", "{\"long\":true}", T0));
	assert_true(names_next(n, &pos, T0, &note));
	assert_int_equal(note.sample.n, 0);
	pos = 0;
	assert_true(add(none, "acme", "a", "{}", T0));
	assert_true(names_next(none, &pos, T0, &note));
	assert_int_equal(note.sample.n, 0);
	assert_int_equal(note.count, 1);
	names_free(&n);
	names_free(&none);
}

static void test_all_samples_are_bounded(void **state)
{
	const size_t size = 65536, fit = NAMES_SAMPLES_BYTES_MAX / size;
	struct names *n = names_new(size);
	char *body = calloc(1, size + 1), name[32];
	struct name_note note;
	size_t pos = 0, with = 0;

	(void)state;
	memset(body, 'x', size);
	for (size_t round = 0; round < 2; round++) {
		uint64_t now = T0 + round * NAMES_WRITE_MS;

		with = pos = 0;
		for (size_t i = 0; i < fit + 20; i++) {
			snprintf(name, sizeof(name), "n%zu", i);
			assert_true(add(n, "acme", name, body, now));
		}
		while (names_next(n, &pos, now, &note))
			with += note.sample.n > 0;
		assert_int_equal(with, fit);
	}
	free(body);
	names_free(&n);
}

static void test_random_names_are_bounded(void **state)
{
	struct names *n = names_new(100);
	char name[32], project[32];
	size_t refused = 0;

	(void)state;
	assert_true(add(n, "acme", "order", "{}", T0));
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		refused += !add(n, "acme", name, "{}", T0);
	}
	assert_int_equal(names_count(n), NAMES_PROJECT_MAX);
	assert_int_equal(refused, 5000 - (NAMES_PROJECT_MAX - 1));
	/* What was there stays, and other projects have room. */
	assert_true(add(n, "acme", "order", "{}", T0));
	assert_true(add(n, "other", "r4999", "{}", T0));
	for (int i = 0; i < 20000; i++) {
		snprintf(project, sizeof(project), "p%d", i % 100);
		snprintf(name, sizeof(name), "r%d", i);
		add(n, project, name, "{}", T0);
	}
	assert_int_equal(names_count(n), NAMES_MAX);
	assert_int_equal(due(n, T0), NAMES_MAX);
	names_sweep(n, T0 + NAMES_QUIET_MS);
	assert_int_equal(names_count(n), 0);
	assert_true(add(n, "acme", "r4999", "{}", T0));
	names_free(&n);
}

static void test_any_bytes(void **state)
{
	const struct name_event event = {
	    .project = SLICE_LIT("acme"),
	    .name = SLICE_LIT("a\0b"),
	    .body = SLICE_LIT("{}"),
	    .now_ms = T0,
	};
	struct names *n = names_new(100);
	struct name_note note;
	size_t pos = 0;

	(void)state;
	assert_true(names_add(n, &event));
	assert_true(add(n, "acme", "a", "{}", T0));
	assert_int_equal(names_count(n), 2);
	while (names_next(n, &pos, T0, &note))
		assert_true(note.name.n == 3 || note.name.n == 1);
	names_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new_at_once_then_rarely),
	    cmocka_unit_test(test_the_last_events_are_not_lost),
	    cmocka_unit_test(test_samples_are_bounded),
	    cmocka_unit_test(test_all_samples_are_bounded),
	    cmocka_unit_test(test_random_names_are_bounded),
	    cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
