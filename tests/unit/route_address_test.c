/*
 * route_address_test - which address a proxy is told.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "curl/route.h"

static const struct target_rules rules;

static void add(struct resolve_answer *a, const char *text)
{
	assert_int_equal(target_address_parse(&a->at[a->n++], slice_of(text)),
			 ERR_OK);
}

static const char *told(const struct resolve_answer *a, uint64_t attempt)
{
	static char text[ROUTE_TEXT_SIZE];
	struct target_address chosen;

	if (route_choose(&rules, a, attempt, &chosen) != FAULT_NONE)
		return "";
	route_format(text, &chosen, 443);
	return text;
}

static void bad_ones_are_skipped(void **state)
{
	struct resolve_answer a = {0};
	struct target_address chosen;

	(void)state;
	assert_int_equal(route_choose(&rules, &a, 1, &chosen), FAULT_RESOLVE);
	add(&a, "127.0.0.1");
	add(&a, "::ffff:10.0.0.1");
	assert_int_equal(route_choose(&rules, &a, 1, &chosen),
			 FAULT_ADDRESS_REFUSED);
	add(&a, "2606:4700::1111");
	add(&a, "169.254.169.254");
	add(&a, "8.8.8.8");
	assert_string_equal(told(&a, 1), "::[2606:4700::1111]:443");
	assert_string_equal(told(&a, 2), "::8.8.8.8:443");
	assert_string_equal(told(&a, 3), "::[2606:4700::1111]:443");
	assert_string_equal(told(&a, 0), "::[2606:4700::1111]:443");
}

static void literals(void **state)
{
	struct url_parts url = {.host = SLICE_LIT("8.8.8.8")};
	struct target_address chosen;

	(void)state;
	assert_int_equal(route_literal(&rules, &url, &chosen), FAULT_NONE);
	url.host = SLICE_LIT("::1");
	assert_int_equal(route_literal(&rules, &url, &chosen),
			 FAULT_ADDRESS_REFUSED);
	url.host = SLICE_LIT("example.com");
	assert_int_equal(route_literal(&rules, &url, &chosen),
			 FAULT_URL_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bad_ones_are_skipped),
	    cmocka_unit_test(literals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
