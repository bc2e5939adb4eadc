/*
 * match_test - which lanes an event goes to, and what a change costs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "match_world.h"

static uint8_t next_id;

/* Each is another event. */
static struct event event_of(const char *project, const char *name,
			     const char *body)
{
	struct event e = {.project = slice_of(project),
			  .name = slice_of(name),
			  .body = slice_of(body)};

	e.id.b[0] = ++next_id;
	return e;
}

/* A bit for each webhook that was found; none may be found twice. */
static unsigned found(struct world *w, const struct event *e)
{
	struct matched matched;
	unsigned bits = 0;

	world_find(w, e, &matched);
	for (size_t s = 0; s < MATCHED_SETS; s++)
		for (size_t i = 0; i < matched.sets[s]->n; i++) {
			unsigned bit =
			    1u << world_number(w, matched.sets[s]->lanes[i]);

			assert_false(bits & bit);
			bits |= bit;
		}
	return bits;
}

static unsigned to(struct world *w, const char *project, const char *name,
		   const char *body)
{
	struct event e = event_of(project, name, body);

	return found(w, &e);
}

static void test_names(void **state)
{
	struct world *w = world_new();
	(void)state;

	world_put(w, 0, "a", "x", NULL, false);
	world_put(w, 1, "a", "*", NULL, false);
	world_put(w, 2, "a", "y", NULL, false);
	world_put(w, 3, "b", "*", NULL, false);
	assert_int_equal(to(w, "a", "x", "{}"), 1 | 2);
	assert_int_equal(to(w, "a", "z", "{}"), 2);
	assert_int_equal(to(w, "b", "x", "{}"), 8);
	assert_int_equal(to(w, "c", "x", "{}"), 0);
	/* Nobody has a filter: nothing is read. */
	assert_int_equal(world_read(w), 0);
	world_free(&w);
}

/* Our own events are only for who names them. */
static void test_own_events(void **state)
{
	struct world *w = world_new();
	(void)state;

	world_put(w, 0, "a", "delivery.dead", NULL, false);
	world_put(w, 1, "a", "*", NULL, false);
	world_put(w, 2, "a", "*", "{\"dataFields.n\":1}", false);
	world_put(w, 3, "a", "webhook.disabled", "{\"dataFields.n\":1}", false);
	assert_int_equal(to(w, "a", "delivery.dead", "{}"), 1);
	assert_int_equal(
	    to(w, "a", "webhook.disabled", "{\"dataFields\":{\"n\":1}}"), 8);
	assert_int_equal(to(w, "a", "webhook.other", "{}"), 2);
	world_free(&w);
}

#define ONE "{\"dataFields\":{\"n\":1,\"s\":\"x\"}}"
#define TWO "{\"dataFields\":{\"n\":2,\"s\":\"x\"}}"

static void test_filters(void **state)
{
	struct world *w = world_new();
	struct event e = event_of("a", "x", ONE);
	(void)state;

	world_put(w, 0, "a", "x", "{\"dataFields.n\":1}", false);
	world_put(w, 1, "a", "x", "{\"dataFields.n\":2}", false);
	world_put(w, 2, "a", "*", "{\"dataFields.s\":\"x\"}", false);
	world_put(w, 3, "a", "*", "{\"dataFields.n\":{\"$gt\":1}}", false);
	world_put(w, 4, "a", "y", NULL, false);
	world_put(w, 5, "a", "x", NULL, false);
	assert_int_equal(found(w, &e), 1 | 4 | 32);
	/* Asked again it is not read again. */
	assert_int_equal(found(w, &e), 1 | 4 | 32);
	assert_int_equal(world_read(w), 1);
	assert_int_equal(to(w, "a", "x", TWO), 2 | 4 | 8 | 32);
	assert_int_equal(world_read(w), 2);
	assert_int_equal(to(w, "a", "y", TWO), 4 | 8 | 16);
	assert_int_equal(to(w, "a", "z", ONE), 4);
	assert_int_equal(to(w, "a", "x", "{}"), 32);
	world_free(&w);
}

static void test_changes(void **state)
{
	struct world *w = world_new();
	struct event e = event_of("a", "x", ONE);
	(void)state;

	world_put(w, 0, "a", "x", "{\"dataFields.n\":1}", false);
	assert_int_equal(found(w, &e), 1);
	/* Not told of: the old one stays in use, and alive. */
	world_put(w, 0, "a", "x", "{\"dataFields.n\":2}", false);
	assert_int_equal(to(w, "a", "x", ONE), 1);
	world_put(w, 0, "a", "x", "{\"dataFields.n\":2}", true);
	assert_int_equal(found(w, &e), 0);
	world_put(w, 1, "a", "x", NULL, true);
	assert_int_equal(found(w, &e), 2);
	world_put(w, 2, "b", "x", NULL, true);
	assert_int_equal(to(w, "b", "x", ONE), 4);
	world_drop(w, 1);
	assert_int_equal(found(w, &e), 0);
	world_put(w, 1, "a", "*", NULL, true);
	assert_int_equal(found(w, &e), 2);
	world_invalidate(w);
	assert_int_equal(to(w, "a", "x", TWO), 1 | 2);
	assert_int_equal(to(w, "b", "x", TWO), 4);
	world_free(&w);
}

/* What is changed in one project leaves the others as they are compiled. */
static void test_only_its_project(void **state)
{
	struct world *w = world_new();
	(void)state;

	world_put(w, 0, "a", "x", "{\"dataFields.n\":1}", false);
	world_put(w, 1, "b", "x", "{\"dataFields.n\":1}", false);
	assert_int_equal(to(w, "a", "x", ONE), 1);
	assert_int_equal(to(w, "b", "x", ONE), 2);
	world_put(w, 0, "a", "x", "{\"dataFields.n\":2}", false);
	world_put(w, 1, "b", "x", "{\"dataFields.n\":2}", true);
	assert_int_equal(to(w, "a", "x", ONE), 1);
	assert_int_equal(to(w, "b", "x", ONE), 0);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_own_events),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_only_its_project),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
