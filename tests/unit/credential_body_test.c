/*
 * credential_body_test - a credential's JSON out of flags.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "credential_body.h"

static void body_is(const struct credential_flags *f, const char *want)
{
	json_t *body = credential_body(f),
	       *expected = json_loads(want, 0, NULL);

	assert_non_null(body);
	assert_non_null(expected);
	assert_true(json_equal(body, expected));
	json_decref(body);
	json_decref(expected);
}

static void nothing_given_is_nothing_said(void **state)
{
	const struct credential_flags f = {0};

	(void)state;
	body_is(&f, "{}");
}

static void every_flag_has_its_place(void **state)
{
	const struct credential_flags f = {
	    .name = "id",
	    .token_url = "https://a/",
	    .client_id = "c",
	    .client_secret = "s",
	    .client_auth = "client_secret_post",
	    .key_id = "k",
	    .scope = "a b",
	    .audience = "x",
	    .resources = {{"https://r/", "urn:s"}, 2},
	    .params = {{"a=b=c", "d="}, 2},
	};

	(void)state;
	body_is(&f, "{\"name\":\"id\",\"tokenUrl\":\"https://a/\","
		    "\"clientId\":\"c\",\"clientSecret\":\"s\","
		    "\"clientAuth\":\"client_secret_post\",\"keyId\":\"k\","
		    "\"scope\":\"a b\",\"audience\":\"x\","
		    "\"resource\":[\"https://r/\",\"urn:s\"],"
		    "\"extraParams\":{\"a\":\"b=c\",\"d\":\"\"}}");
}

static void flags_go_on_top_of_a_document(void **state)
{
	const struct credential_flags f = {
	    .body = "{\"name\":\"a\",\"scope\":null,\"extraParams\":{\"a\":"
		    "\"1\",\"b\":\"2\"}}",
	    .name = "b",
	    .params = {{"a=3"}, 1},
	};

	(void)state;
	body_is(&f, "{\"name\":\"b\",\"scope\":null,\"extraParams\":{\"a\":"
		    "\"3\",\"b\":\"2\"}}");
}

/* The file's name, in a folder of its own. */
static char *file_with(const char *text, size_t n)
{
	static char path[64];
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "/tmp/credential_body_test.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_int_equal(fwrite(text, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
	return path;
}

/* An editor ends a line; a key's last line has its own. */
static void a_secret_comes_from_a_file(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"s\n", "s"},     {"s\r\n", "s"}, {"s", "s"},
		     {"s\n\n", "s\n"}, {"\n", ""},     {"", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = file_with(cases[i].text, strlen(cases[i].text));
		char flag[80];
		const struct credential_flags f = {.client_secret = flag,
						   .private_key = path};
		json_t *body;

		snprintf(flag, sizeof(flag), "@%s", path);
		body = credential_body(&f);
		assert_non_null(body);
		assert_string_equal(
		    json_string_value(json_object_get(body, "clientSecret")),
		    cases[i].want);
		assert_string_equal(
		    json_string_value(json_object_get(body, "privateKey")),
		    cases[i].text);
		json_decref(body);
		unlink(path);
	}
}

static void what_is_wrong_is_refused(void **state)
{
	const struct credential_flags wrong[] = {
	    {.params = {{"a"}, 1}},
	    {.params = {{"=b"}, 1}},
	    {.params = {{"a=\xff"}, 1}},
	    {.body = "[]"},
	    {.name = "\xff"},
	    {.client_secret = "@/no/such/file"},
	    {.client_secret = "@/dev/zero"},
	    {.private_key = "/no/such/file"},
	    {.private_key = "/dev/zero"},
	    {.private_key = "/"},
	};
	struct credential_flags binary = {.private_key = file_with("\xff", 1)};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(credential_body(&wrong[i]));
	assert_null(credential_body(&binary));
	unlink(binary.private_key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_given_is_nothing_said),
	    cmocka_unit_test(every_flag_has_its_place),
	    cmocka_unit_test(flags_go_on_top_of_a_document),
	    cmocka_unit_test(a_secret_comes_from_a_file),
	    cmocka_unit_test(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
