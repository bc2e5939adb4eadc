/*
 * route_test - methods and paths find their route.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "route.h"

static const struct route routes[] = {
    {"GET", "/v1/projects", ACCESS_ADMIN, NULL},
    {"POST", "/v1/projects", ACCESS_ADMIN, NULL},
    {"GET", "/v1/projects/{}", ACCESS_PROJECT, NULL},
    {"POST", "/v1/projects/{}/webhooks/{}/replay", ACCESS_PROJECT, NULL},
    {NULL, "/inbox/{}/**", ACCESS_PUBLIC, NULL},
};

static enum err find(const char *method, const char *path,
		     struct route_match *m)
{
	return route_find(routes, sizeof(routes) / sizeof(routes[0]), method,
			  path, m);
}

static void test_found(void **state)
{
	struct route_match m;

	(void)state;
	assert_int_equal(find("POST", "/v1/projects", &m), ERR_OK);
	assert_ptr_equal(m.route, &routes[1]);
	assert_int_equal(m.n_params, 0);
	assert_int_equal(find("GET", "/v1/projects/acme", &m), ERR_OK);
	assert_true(slice_eq_str(m.params[0], "acme"));
	assert_int_equal(
	    find("POST", "/v1/projects/a/webhooks/wh_1/replay", &m), ERR_OK);
	assert_int_equal(m.n_params, 2);
	assert_true(slice_eq_str(m.params[1], "wh_1"));
	assert_int_equal(find("PURGE", "/inbox/x", &m), ERR_OK);
	assert_int_equal(find("GET", "/inbox/x/", &m), ERR_OK);
	assert_int_equal(find("GET", "/inbox/x/y//z", &m), ERR_OK);
	assert_true(slice_eq_str(m.params[0], "x"));
}

static void test_not_found(void **state)
{
	static const char *const paths[] = {
	    "",
	    "/",
	    "v1/projects",
	    "/v1/projects/",
	    "/v1//projects",
	    "/v1/projects/a/",
	    "/v1/projects/a/b",
	    "/v1/projectsx",
	    "/inbox",
	    "/inbox/",
	    "/inbox//x",
	    "/V1/projects",
	};
	struct route_match m;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(find("GET", paths[i], &m), ERR_NOT_FOUND);
}

static void test_other_method(void **state)
{
	struct route_match m;

	(void)state;
	assert_int_equal(find("PUT", "/v1/projects", &m), ERR_REFUSED);
	assert_string_equal(m.allow, "GET, POST");
	assert_int_equal(find("get", "/v1/projects", &m), ERR_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_found),
	    cmocka_unit_test(test_not_found),
	    cmocka_unit_test(test_other_method),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
