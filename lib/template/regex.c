/*
 * regex - regular expressions that come from templates, kept short of time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/mem.h"

/* A few milliseconds, at most. */
#define STEPS_MAX 100000
#define DEPTH_MAX 5000
#define HEAP_KIB_MAX 2048
#define NESTING_MAX 50

static const unsigned char *bytes(struct slice s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

static pcre2_code *compile(struct slice pattern)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED |
			   PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C;
	size_t where;
	pcre2_code *code;
	int error;

	must(context);
	pcre2_set_parens_nest_limit(context, NESTING_MAX);
	code = pcre2_compile(bytes(pattern), pattern.n, options, &error, &where,
			     context);
	pcre2_compile_context_free(context);
	return code;
}

static int match(const pcre2_code *code, struct slice text)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int rc;

	must(context && data);
	pcre2_set_match_limit(context, STEPS_MAX);
	pcre2_set_depth_limit(context, DEPTH_MAX);
	pcre2_set_heap_limit(context, HEAP_KIB_MAX);
	rc = pcre2_match(code, bytes(text), text.n, 0, 0, data, context);
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return rc;
}

bool regex_matches(struct slice pattern, struct slice text, const char **error)
{
	pcre2_code *code;
	int rc;

	if (pattern.n > REGEX_BYTES_MAX) {
		*error = "the regular expression is too long";
		return false;
	}
	code = compile(pattern);
	if (!code) {
		*error = "the regular expression is not valid";
		return false;
	}
	rc = match(code, text);
	pcre2_code_free(code);
	if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
		*error = "the text for the regular expression is not UTF-8";
	else if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		*error = "the regular expression takes too long";
	/* 0: more groups than there was room for. */
	return rc >= 0;
}
