/*
 * filter_set_test - sets and filters against a naive reading of the rules.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The naive one works on jansson's values, straight from docs/filters.md, and
 * shares nothing with the library. POSTRIDER_SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "filter/document.h"
#include "filter/set.h"

#define ROUNDS 400
#define FILTERS 40
#define MESSAGES 20

static uint64_t seed;

static unsigned below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* --- at random --------------------------------------------------------- */

static const char *const names[] = {"a", "b", "0", "1", "c"};

static json_t *random_scalar(void)
{
	static const char *const texts[] = {"", "a", "ab", "b", "\xc3\xa9"};

	switch (below(6)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(below(2));
	case 2:
		return json_real((double)below(6) / 2);
	case 3:
		return json_string(texts[below(5)]);
	default:
		return json_integer((json_int_t)below(4));
	}
}

static json_t *random_value(unsigned depth)
{
	unsigned n = below(4), kind = depth ? below(4) : 0;
	json_t *v;

	if (kind < 2)
		return random_scalar();
	if (kind == 2) {
		v = json_array();
		while (n-- > 0)
			json_array_append_new(v, random_value(depth - 1));
		return v;
	}
	v = json_object();
	while (n-- > 0)
		json_object_set_new(v, names[below(5)],
				    random_value(depth - 1));
	return v;
}

static json_t *random_message(void)
{
	json_t *m = json_object();

	json_object_set_new(m, "email", random_scalar());
	if (below(8))
		json_object_set_new(m, "dataFields", random_value(4));
	return m;
}

static void random_path(char *out, size_t size)
{
	unsigned parts = below(4);

	snprintf(out, size, "%s", below(6) ? "dataFields" : "email");
	while (parts-- > 0)
		snprintf(out + strlen(out), size - strlen(out), ".%s",
			 names[below(5)]);
}

static json_t *random_list(void)
{
	json_t *list = json_array();

	for (unsigned n = 1 + below(3); n > 0; n--)
		json_array_append_new(list, random_value(1));
	return list;
}

static json_t *random_tests(unsigned depth)
{
	static const char *const ops[] = {
	    "$eq",  "$ne",     "$gt",	  "$gte",    "$lt",	  "$lte", "$in",
	    "$nin", "$exists", "$prefix", "$suffix", "$contains", "$not"};
	json_t *tests = json_object();

	for (unsigned n = 1 + below(2); n > 0; n--) {
		const char *op = ops[below(depth ? 13 : 12)];
		json_t *v;

		if (!strcmp(op, "$not"))
			v = random_tests(depth - 1);
		else if (strstr(op, "in") == op + 1 || !strcmp(op, "$nin"))
			v = random_list();
		else if (op[1] == 'g' || op[1] == 'l')
			v = below(2) ? json_real((double)below(6) / 2)
				     : json_string("a");
		else if (!strcmp(op, "$exists"))
			v = json_boolean(below(2));
		else if (strstr(op, "fix"))
			v = json_string(below(2) ? "a" : "b");
		else
			v = random_value(2);
		json_object_set_new(tests, op, v);
	}
	return tests;
}

/* An object beside a path whose keys are no operators is a plain value. */
static json_t *random_filter(unsigned depth)
{
	json_t *f = json_object();

	for (unsigned n = below(4); n > 0; n--) {
		unsigned kind = depth ? below(8) : below(5);
		char path[64];
		json_t *list;

		random_path(path, sizeof(path));
		if (kind < 3) {
			json_object_set_new(f, path, random_value(1));
		} else if (kind < 5) {
			json_object_set_new(f, path, random_tests(2));
		} else if (kind == 5) {
			json_object_set_new(f, "$not",
					    random_filter(depth - 1));
		} else {
			list = json_array();
			for (unsigned k = 1 + below(3); k > 0; k--)
				json_array_append_new(list,
						      random_filter(depth - 1));
			json_object_set_new(f, kind == 6 ? "$or" : "$and",
					    list);
		}
	}
	return f;
}

/* --- naive ------------------------------------------------------------- */

static bool same(const json_t *a, const json_t *b)
{
	const char *name;
	json_t *v;

	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_array(a)) {
		if (json_array_size(a) != json_array_size(b))
			return false;
		for (size_t i = 0; i < json_array_size(a); i++)
			if (!same(json_array_get(a, i), json_array_get(b, i)))
				return false;
		return true;
	}
	if (!json_is_object(a))
		return json_equal(a, b);
	json_object_foreach((json_t *)a, name, v)
	{
		if (!json_object_get(b, name) ||
		    !same(v, json_object_get(b, name)))
			return false;
	}
	return json_object_size(a) == json_object_size(b);
}

static bool ordered(const json_t *a, const json_t *b, int *order)
{
	double x = json_number_value(a), y = json_number_value(b);

	*order = x < y ? -1 : x > y;
	if (json_is_string(a) && json_is_string(b))
		*order = strcmp(json_string_value(a), json_string_value(b));
	else if (!json_is_number(a) || !json_is_number(b))
		return false;
	return true;
}

/* Everything that a path leads to. */
static void collect(json_t *v, const char *path, json_t *out)
{
	size_t n = strcspn(path, ".");
	const char *rest = path[n] ? path + n + 1 : NULL;
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)n, path);
	for (size_t i = 0; i < json_array_size(v); i++) {
		json_t *e = json_array_get(v, i);
		char number[24];

		snprintf(number, sizeof(number), "%zu", i);
		if (!strcmp(number, name)) {
			if (rest)
				collect(e, rest, out);
			else
				json_array_append(out, e);
		}
		if (json_is_object(e))
			collect(e, path, out);
	}
	v = json_object_get(v, name);
	if (v && rest)
		collect(v, rest, out);
	else if (v)
		json_array_append(out, v);
}

static bool one(const char *op, const json_t *v, const json_t *want)
{
	const char *s = json_string_value(v), *w = json_string_value(want);
	int order;

	if (!strcmp(op, "$eq"))
		return same(v, want);
	if (!strcmp(op, "$in")) {
		for (size_t i = 0; i < json_array_size(want); i++)
			if (same(v, json_array_get(want, i)))
				return true;
		return false;
	}
	if (!strcmp(op, "$prefix"))
		return s && !strncmp(s, w, strlen(w));
	if (!strcmp(op, "$suffix"))
		return s && strlen(s) >= strlen(w) &&
		       !strcmp(s + strlen(s) - strlen(w), w);
	if (!ordered(v, want, &order))
		return false;
	if (op[1] == 'g')
		return op[3] ? order >= 0 : order > 0;
	return op[3] ? order <= 0 : order < 0;
}

static bool naive_value(const char *op, const json_t *v, const json_t *want)
{
	bool contains = !strcmp(op, "$contains");

	if (contains && json_is_string(v))
		return json_is_string(want) &&
		       strstr(json_string_value(v), json_string_value(want));
	if (!contains && one(op, v, want))
		return true;
	for (size_t i = 0; i < json_array_size(v); i++)
		if (one(contains ? "$eq" : op, json_array_get(v, i), want))
			return true;
	return false;
}

static bool naive_tests(json_t *found, const json_t *tests);

static bool naive_test(const char *op, json_t *found, const json_t *want)
{
	if (!strcmp(op, "$not"))
		return !naive_tests(found, want);
	if (!strcmp(op, "$ne"))
		return !naive_test("$eq", found, want);
	if (!strcmp(op, "$nin"))
		return !naive_test("$in", found, want);
	if (!strcmp(op, "$exists"))
		return (json_array_size(found) > 0) == json_is_true(want);
	for (size_t i = 0; i < json_array_size(found); i++)
		if (naive_value(op, json_array_get(found, i), want))
			return true;
	return false;
}

static bool naive_tests(json_t *found, const json_t *tests)
{
	const char *op;
	json_t *want;

	json_object_foreach((json_t *)tests, op, want)
	{
		if (!naive_test(op, found, want))
			return false;
	}
	return true;
}

static bool naive_path(const char *path, const json_t *want, json_t *message)
{
	json_t *found = json_array();
	const char *first =
	    json_object_iter_key(json_object_iter((json_t *)want));
	bool holds;

	collect(message, path, found);
	holds = first && first[0] == '$' ? naive_tests(found, want)
					 : naive_test("$eq", found, want);
	json_decref(found);
	return holds;
}

static bool naive(const json_t *filter, json_t *message)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)filter, name, v)
	{
		bool any = false, all = true;

		for (size_t i = 0; i < json_array_size(v) && name[0] == '$';
		     i++) {
			bool holds = naive(json_array_get(v, i), message);

			any = any || holds;
			all = all && holds;
		}
		if (!strcmp(name, "$or")    ? !any
		    : !strcmp(name, "$and") ? !all
		    : !strcmp(name, "$not") ? naive(v, message)
					    : !naive_path(name, v, message))
			return false;
	}
	return true;
}

/* --- the tests --------------------------------------------------------- */

struct round {
	json_t *documents[FILTERS];
	struct filter *filters[FILTERS];
	unsigned hits[FILTERS];
};

static void on_match(void *arg, void *subscriber)
{
	(void)arg;
	++*(unsigned *)subscriber;
}

static void fill(struct round *r, struct filter_set *set)
{
	struct filter_fault fault;

	for (size_t i = 0; i < FILTERS; i++) {
		r->documents[i] = random_filter(2);
		r->filters[i] = filter_compile(r->documents[i], &fault);
		if (!r->filters[i])
			fail_msg("%s: %s: %s", json_dumps(r->documents[i], 0),
				 fault.path, fault.text);
		filter_set_add(set, r->filters[i], &r->hits[i]);
		filter_set_add(set, r->filters[i], &r->hits[i]);
	}
	filter_set_build(set);
}

static void compare(struct round *r, struct filter_set *set, struct document *d)
{
	json_t *message = random_message();
	char *text = json_dumps(message, JSON_COMPACT);
	const struct value *v =
	    document_read(d, filter_set_wanted(set), slice_of(text));

	memset(r->hits, 0, sizeof(r->hits));
	filter_set_match(set, v, on_match, NULL);
	for (size_t i = 0; i < FILTERS; i++) {
		unsigned want = naive(r->documents[i], message);

		if (r->hits[i] != want ||
		    filter_holds(r->filters[i], v) != (want > 0))
			fail_msg("%s: %u of %u for %s",
				 json_dumps(r->documents[i], 0), r->hits[i],
				 want, text);
	}
	free(text);
	json_decref(message);
}

static void test_against_naive(void **state)
{
	const char *given = getenv("POSTRIDER_SEED");
	struct document *d = document_new();
	(void)state;

	seed = given ? strtoull(given, NULL, 10) : rng_u64();
	printf("POSTRIDER_SEED=%llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct filter_set *set = filter_set_new();
		struct round r;

		fill(&r, set);
		for (unsigned k = 0; k < MESSAGES; k++)
			compare(&r, set, d);
		filter_set_free(&set);
		for (size_t k = 0; k < FILTERS; k++) {
			filter_free(&r.filters[k]);
			json_decref(r.documents[k]);
		}
	}
	document_free(&d);
}

/* What one set needs of a message is enough for another that was merged. */
static void test_merged(void **state)
{
	struct filter_set *a = filter_set_new(), *b = filter_set_new();
	json_t *one = json_pack("{s:i}", "dataFields.a.b", 1);
	json_t *two = json_pack("{s:s}", "dataFields.a", "x");
	struct document *d = document_new();
	struct filter_fault fault;
	struct filter *f = filter_compile(one, &fault);
	struct filter *g = filter_compile(two, &fault);
	const struct value *v;
	unsigned hits[2] = {0, 0};
	(void)state;

	filter_set_add(a, f, &hits[0]);
	filter_set_add(b, g, &hits[1]);
	filter_set_build(a);
	filter_set_build(b);
	wanted_merge(filter_set_wanted(a), filter_set_wanted(b));
	v = document_read(
	    d, filter_set_wanted(a),
	    SLICE_LIT("{\"dataFields\":{\"a\":[{\"b\":1},\"x\"]}}"));
	filter_set_match(a, v, on_match, NULL);
	filter_set_match(b, v, on_match, NULL);
	assert_int_equal(hits[0], 1);
	assert_int_equal(hits[1], 1);
	document_free(&d);
	filter_set_free(&a);
	filter_set_free(&b);
	filter_free(&f);
	filter_free(&g);
	json_decref(one);
	json_decref(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_naive),
	    cmocka_unit_test(test_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
