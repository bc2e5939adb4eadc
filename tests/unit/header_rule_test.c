/*
 * header_rule_test - names and values of custom headers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/header_rule.h"

static void names(void **state)
{
	static const char *const bad[] = {
	    "",	   "a b", "a:",	  "a\r", "\n",	"a\t", "a(b)", "\"a\"",
	    "a,b", "a;",  "a[0]", "a@b", "{a}", "ü",   "a/b"};

	(void)state;
	assert_true(header_name_valid("X-Api-Key"));
	assert_true(header_name_valid("!#$%&'*+-.^_`|~09azAZ"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(header_name_valid(bad[i]));
}

static void reserved(void **state)
{
	static const char *const ours[] = {
	    "Host",
	    "hOST",
	    "Content-Length",
	    "transfer-encoding",
	    "CONNECTION",
	    "Keep-Alive",
	    "te",
	    "Trailer",
	    "Upgrade",
	    "Expect",
	    "HTTP2-Settings",
	    "Proxy-Authorization",
	    "proxy-connection",
	    "Webhook-Id",
	    "webhook-",
	    "webhook-anything",
	};
	static const char *const theirs[] = {
	    "Hosts",  "X-Host",	 "Content-Type",  "Authorization",
	    "Tea",    "Webhook", "X-Webhook-Id",  "Proxy",
	    "Cookie", "Date",	 "Content-Encod", "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		assert_true(header_name_reserved(ours[i]));
	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		assert_false(header_name_reserved(theirs[i]));
}

static void values(void **state)
{
	(void)state;
	assert_true(header_value_valid(""));
	assert_true(header_value_valid("a\tb: c; \xc3\xbc \xff"));
	assert_false(header_value_valid("a\r\nX: y"));
	assert_false(header_value_valid("a\n"));
	assert_false(header_value_valid("\x01"));
	assert_false(header_value_valid("a\x7f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names),
	    cmocka_unit_test(reserved),
	    cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
