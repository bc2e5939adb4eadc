/*
 * grant_answer_test - what token servers say.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "grant_answer.h"
#include "report.h"
#include "store/config.h"
#include "store/credential.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define BAD "oauth_bad_answer"
#define AWAY "oauth_unavailable"

static void parse(unsigned status, const char *body, struct grant_answer *a)
{
	grant_answer_parse(status, SLICE_LIT("application/json"),
			   slice_of(body), a);
}

static void tokens(void **state)
{
	static const struct {
		const char *body;
		uint64_t lifetime_s;
	} rows[] = {
	    /* The example of RFC 6749 section 4.4.3. */
	    {"{\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\"token_type\":"
	     "\"example\",\"expires_in\":3600}",
	     UINT64_MAX},
	    {"{\"access_token\":\"t\",\"token_type\":\"Bearer\","
	     "\"expires_in\":3600}",
	     3600},
	    {"{\"access_token\":\"t\",\"token_type\":\"bEaReR\"}", 0},
	    {"{\"access_token\":\"t\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":\"3600\"}", 3600},
	    {"{\"access_token\":\"t\",\"expires_in\":\" 3600 \"}", 3600},
	    {"{\"access_token\":\"t\",\"expires_in\":\"3600s\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":\"\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":\"nan\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":\"inf\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":59.9}", 59},
	    {"{\"access_token\":\"t\",\"expires_in\":null}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":0}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":-1}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":[3600]}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":1e300}",
	     GRANT_LIFETIME_S_MAX},
	    {"{\"access_token\":\"t\",\"expires_in\":315360001}",
	     GRANT_LIFETIME_S_MAX},
	    {"{\"access_token\":\"t\",\"expires_in\":9223372036854775808}",
	     GRANT_LIFETIME_S_MAX},
	    {"{\"access_token\":\"t\",\"expires_in\":\"3600.5\"}", 3600},
	    {"{\"access_token\":\"t\",\"expires_in\":\"36 00\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":\"1.2.3\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":\".\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":\"0x10\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":\"1e9\"}", 0},
	    {"{\"access_token\":\"t\",\"expires_in\":true}", 0},
	    {"{\"access_token\":\"t\",\"error\":\"x\"}", 0},
	    {"{\"access_token\":\"~!@#$%^&*()_+=-`[]{}\\\\|;:'\\\",./<>?\"}",
	     0},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct grant_answer a;

		parse(200, rows[i].body, &a);
		if (rows[i].lifetime_s == UINT64_MAX) {
			assert_false(a.ok);
			assert_string_equal(a.error, BAD);
		} else {
			assert_true(a.ok);
			assert_string_equal(a.error, "");
			assert_non_null(a.token);
			assert_int_equal(a.lifetime_s, rows[i].lifetime_s);
		}
		grant_answer_fini(&a);
		assert_null(a.token);
	}
}

static const struct {
	unsigned status;
	const char *body, *error, *oauth_error, *detail;
} refusal_rows[] = {
    {400, "{\"error\":\"invalid_request\"}", "oauth_invalid_request",
     "invalid_request", "http_400"},
    {401, "{\"error\":\"invalid_client\",\"error_description\":\"No.\"}",
     "oauth_invalid_client", "invalid_client", "No."},
    {400, "{\"error\":\"invalid_scope\"}", "oauth_invalid_scope",
     "invalid_scope", "http_400"},
    {400, "{\"error\":\"invalid_target\"}", "oauth_invalid_target",
     "invalid_target", "http_400"},
    {403, "{\"error\":\"access_denied\"}", "oauth_access_denied",
     "access_denied", "http_403"},
    {400, "{\"error\":\"temporarily_unavailable\"}", AWAY,
     "temporarily_unavailable", "http_400"},
    {400, "{\"error\":\"of its own\"}", "oauth_refused", "of its own",
     "http_400"},
    {400, "{\"error\":\"quo\\\"te\"}", "oauth_refused", "", "http_400"},
    {400, "{\"error\":\"line\\nbreak\"}", "oauth_refused", "", "http_400"},
    {400, "{\"error\":42}", "oauth_refused", "", "http_400"},
    {400, "[]", "oauth_refused", "", "http_400"},
    {404, "<html>", "oauth_refused", "", "http_404"},
    {401, "", "oauth_invalid_client", "", "http_401"},
    {429, "{\"error\":\"invalid_client\"}", AWAY, "invalid_client", "http_429"},
    {500, "{\"error\":\"invalid_client\"}", AWAY, "invalid_client", "http_500"},
    {408, "", AWAY, "", "http_408"},
    {503, "<html>", AWAY, "", "http_503"},
    {302, "", BAD, "", "redirects are not followed"},
    {200, "{\"error\":\"invalid_client\"}", "oauth_invalid_client",
     "invalid_client", "http_200"},
    {200, "{\"error\":\"invalid_scope\",\"access_token\":null}",
     "oauth_invalid_scope", "invalid_scope", "http_200"},
    {200, "{\"error\":null}", BAD, "",
     "there is no access_token in the answer"},
    {200, "", BAD, "", "the answer is not a JSON object (application/json)"},
    {200, "[1]", BAD, "", "the answer is not a JSON object (application/json)"},
    {200, "{}", BAD, "", "there is no access_token in the answer"},
    {200, "{\"access_token\":42}", BAD, "",
     "there is no access_token in the answer"},
    {200, "{\"access_token\":\"\"}", BAD, "",
     "the access_token cannot be sent in a header"},
    {200, "{\"access_token\":\"a b\"}", BAD, "",
     "the access_token cannot be sent in a header"},
    {200, "{\"access_token\":\"a\\r\\nb\"}", BAD, "",
     "the access_token cannot be sent in a header"},
    {200, "{\"access_token\":\"\xc3\xbc\"}", BAD, "",
     "the access_token cannot be sent in a header"},
    {200, "{\"access_token\":\"t\",\"token_type\":\"mac\"}", BAD, "",
     "token_type is not Bearer"},
    {200, "{\"access_token\":\"t\",\"token_type\":7}", BAD, "",
     "token_type is not Bearer"},
    {200, "{\"access_token\":\"a\",\"access_token\":\"b\"}", BAD, "",
     "the answer is not a JSON object (application/json)"},
    {200, "{\"access_token\":\"\xff\"}", BAD, "",
     "the answer is not a JSON object (application/json)"},
    {200, "{\"access_token\":\"a\\u0000b\"}", BAD, "",
     "the answer is not a JSON object (application/json)"},
};

static void refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(refusal_rows); i++) {
		struct grant_answer a;

		parse(refusal_rows[i].status, refusal_rows[i].body, &a);
		assert_false(a.ok);
		assert_null(a.token);
		assert_string_equal(a.error, refusal_rows[i].error);
		assert_string_equal(a.oauth_error, refusal_rows[i].oauth_error);
		assert_string_equal(a.detail, refusal_rows[i].detail);
		assert_int_equal(grant_error_is_temporary(a.error),
				 !strcmp(refusal_rows[i].error, AWAY));
		grant_answer_fini(&a);
	}
}

/* {"access_token":"xxx…"} of so many bytes of token. */
static char *long_token(size_t n)
{
	char *token = xmalloc(n + 1), *body;

	memset(token, 'x', n);
	token[n] = '\0';
	body = xasprintf("{\"access_token\":\"%s\"}", token);
	free(token);
	return body;
}

static void sizes(void **state)
{
	size_t deep = 200000;
	struct grant_answer a;
	char *body;

	(void)state;
	body = long_token(TOKEN_BYTES_MAX);
	parse(200, body, &a);
	assert_true(a.ok);
	grant_answer_fini(&a);
	free(body);
	body = long_token(TOKEN_BYTES_MAX + 1);
	parse(200, body, &a);
	assert_string_equal(a.error, BAD);
	grant_answer_fini(&a);
	free(body);
	body = xmalloc(deep + 1);
	memset(body, '[', deep);
	body[deep] = '\0';
	parse(200, body, &a);
	assert_string_equal(a.error, BAD);
	grant_answer_fini(&a);
	parse(400, body, &a);
	assert_string_equal(a.error, "oauth_refused");
	grant_answer_fini(&a);
	free(body);
}

static void details(void **state)
{
	char filler[256] = "", *body;
	struct grant_answer a;

	(void)state;
	parse(400, "{\"error_description\":\"a\\tb\\u007fc\\nd\"}", &a);
	assert_string_equal(a.detail, "a b c d");
	grant_answer_fini(&a);
	/* A character of two bytes that does not fit leaves no half of it. */
	memset(filler, 'x', 255);
	body = xasprintf("{\"error_description\":\"%s\xc3\xbc\"}", filler);
	parse(400, body, &a);
	assert_string_equal(a.detail, filler);
	grant_answer_fini(&a);
	free(body);
}

/* What would be seen as something else, or not at all. */
static void hidden_characters(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
	    {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
	     "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
	    {"\\u001b[31mred", " [31mred"},
	    {"a\\u0080\\u009f\\u00a0", "a  \xc2\xa0"},
	    {"a\\u202ab\\u202e\\u202f", "a b \xe2\x80\xaf"},
	    {"a\\u2066b\\u2069\\u206a", "a b \xe2\x81\xaa"},
	    {"a\\u200e\\u200f\\u2028\\u2029", "a    "},
	    {"\\ufeffa", " a"},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char *body =
		    xasprintf("{\"error_description\":\"%s\"}", rows[i].text);
		struct grant_answer a;

		parse(400, body, &a);
		assert_string_equal(a.detail, rows[i].shown);
		free(body);
	}
}

/* Characters of one to four bytes, at each place before the cut. */
static void cuts(void **state)
{
	static const char *const rows[] = {"a", "\xc3\xa4", "\xe2\x82\xac",
					   "\xf0\x9f\x98\x80"};
	static char text[2 * ERROR_BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < 4 * N(rows); i++) {
		const char *c = rows[i / 4];
		size_t n = strlen(c), at = i % 4;
		struct grant_answer a;
		char *body;

		memset(text, 'x', at);
		for (; at + n < sizeof(text); at += n)
			memcpy(text + at, c, n);
		text[at] = '\0';
		body = xasprintf("{\"error_description\":\"%s\"}", text);
		parse(400, body, &a);
		assert_true(slice_is_utf8(slice_of(a.detail)));
		assert_in_range(strlen(a.detail), ERROR_BYTES_MAX + 1 - n,
				ERROR_BYTES_MAX);
		assert_memory_equal(a.detail, text, strlen(a.detail));
		free(body);
	}
}

static void content_types(void **state)
{
	static const struct {
		const char *type, *shown;
	} rows[] = {
	    {"text/html", "(text/html)"},
	    {"text/html; charset=utf-8", "(text/html)"},
	    {"text/html ;x", "(text/html)"},
	    {"text/html; \x01\xffx", "(text/html)"},
	    {"", "(no content type)"},
	    {";", "(no content type)"},
	    {"text/\x1b[31mred", "(an odd content type)"},
	    {"text/\xc3\xa4", "(an odd content type)"},
	    {"text/html charset", "(an odd content type)"},
	    {"application/"
	     "x-0123456789012345678901234567890123456789012345678901234567",
	     "(an odd content type)"},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct slice type = slice_of(rows[i].type);
		struct grant_answer a;

		grant_answer_parse(200, type, SLICE_LIT("<html>"), &a);
		assert_non_null(strstr(a.detail, rows[i].shown));
		/* It does not decide. */
		grant_answer_parse(200, type,
				   SLICE_LIT("{\"access_token\":\"t\"}"), &a);
		assert_true(a.ok);
		grant_answer_fini(&a);
	}
}

static void reports(void **state)
{
	struct grant_answer a;
	const struct report none = {.answer = &a},
			    given = {
				.answer = &a,
				.status = 200,
				.total_us = 12345,
				.expires_ms = 1795421805000u,
			    };
	struct buf out;

	(void)state;
	buf_init(&out, REPORT_BYTES_MAX);
	parse(200,
	      "{\"access_token\":\"secret\",\"token_type\":\"bearer\","
	      "\"expires_in\":60,\"scope\":\"a \\\"b\\\"\"}",
	      &a);
	report_write(&out, &given);
	assert_true(slice_eq_str(
	    buf_slice(&out),
	    "{\"ok\":true,\"status\":200,\"accessToken\":\"***\","
	    "\"expiresIn\":60,\"expiresAt\":\"2026-11-23T08:16:45.000Z\","
	    "\"tokenType\":\"bearer\",\"scope\":"
	    "\"a \\\"b\\\"\",\"durationMs\":12}"));
	grant_answer_fini(&a);
	buf_reset(&out);
	parse(503, "", &a);
	report_write(&out, &none);
	assert_true(slice_eq_str(buf_slice(&out),
				 "{\"ok\":false,\"status\":null,\"error\":"
				 "\"oauth_unavailable\",\"errorDescription\":"
				 "\"http_503\",\"durationMs\":0}"));
	grant_answer_fini(&a);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tokens),  cmocka_unit_test(refusals),
	    cmocka_unit_test(sizes),   cmocka_unit_test(details),
	    cmocka_unit_test(reports), cmocka_unit_test(hidden_characters),
	    cmocka_unit_test(cuts),    cmocka_unit_test(content_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
