/*
 * classify_test - the table of outcomes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "classify.h"

#define NOW_MS 1795421805000u /* Mon, 23 Nov 2026 08:16:45 GMT */

struct row {
	enum fault fault;
	unsigned status;
	enum directive directive;
	const char *retry_after;
	enum outcome outcome;
	uint64_t retry_after_ms;
	const char *error;
};

static void outcomes(void **state)
{
	static const struct row rows[] = {
	    {0, 200, 0, "", OUTCOME_delivered, 0, ""},
	    {0, 204, 0, "9", OUTCOME_delivered, 0, ""},
	    {0, 299, 0, "", OUTCOME_delivered, 0, ""},
	    {0, 410, 0, "", OUTCOME_gone, 0, "http_410"},
	    {0, 401, 0, "", OUTCOME_retry, 0, "http_401"},
	    {0, 301, 0, "", OUTCOME_retry, 0, "http_301"},
	    {0, 304, 0, "", OUTCOME_retry, 0, "http_304"},
	    {0, 101, 0, "", OUTCOME_retry, 0, "http_101"},
	    {0, 400, 0, "7", OUTCOME_retry, 0, "http_400"},
	    {0, 500, 0, "", OUTCOME_retry, 0, "http_500"},
	    {0, 999, 0, "", OUTCOME_retry, 0, "http_999"},
	    {0, 429, 0, "", OUTCOME_retry, 0, "http_429"},
	    {0, 429, 0, "7", OUTCOME_retry, 7000, "http_429"},
	    {0, 503, 0, "0", OUTCOME_retry, 0, "http_503"},
	    {0, 503, 0, "Mon, 23 Nov 2026 08:17:45 GMT", OUTCOME_retry, 60000,
	     "http_503"},
	    {0, 200, DIRECTIVE_DISABLE, "", OUTCOME_gone, 0,
	     "disabled_by_receiver"},
	    {0, 503, DIRECTIVE_ABORT, "5", OUTCOME_dead, 0,
	     "aborted_by_receiver"},
	    {FAULT_TIMEOUT, 200, 0, "", OUTCOME_retry, 0, "timeout"},
	    {FAULT_URL_REFUSED, 0, 0, "", OUTCOME_retry, 0, "url_refused"},
	    {FAULT_URL_RENDERED, 0, 0, "", OUTCOME_dead, 0, "url_refused"},
	    {FAULT_TEMPLATE_REFUSED, 0, 0, "", OUTCOME_retry, 0, "template"},
	    {FAULT_TEMPLATE_RENDERED, 0, 0, "", OUTCOME_dead, 0, "template"},
	    {FAULT_TIMEOUT, 410, 0, "", OUTCOME_retry, 0, "timeout"},
	    {FAULT_RESET, 0, DIRECTIVE_DISABLE, "", OUTCOME_retry, 0,
	     "connection_reset"},
	    {FAULT_HEADERS_TOO_LARGE, 200, 0, "", OUTCOME_retry, 0,
	     "answer_headers_too_large"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct verdict v;

		classify(r->fault, r->status, r->directive,
			 slice_of(r->retry_after), NOW_MS, &v);
		assert_int_equal(v.outcome, r->outcome);
		assert_int_equal(v.retry_after_ms, r->retry_after_ms);
		assert_string_equal(v.error, r->error);
	}
}

/* Who is told more with its 401 has been recognized. */
static void unauthorized(void **state)
{
	static const struct {
		enum fault fault;
		unsigned status;
		enum directive directive;
		bool want;
	} rows[] = {
	    {0, 401, 0, true},
	    {0, 403, 0, false},
	    {0, 200, 0, false},
	    {0, 401, DIRECTIVE_ABORT, false},
	    {0, 401, DIRECTIVE_DISABLE, false},
	    {FAULT_RESET, 401, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct verdict v;

		classify(rows[i].fault, rows[i].status, rows[i].directive,
			 slice_of(""), NOW_MS, &v);
		assert_int_equal(v.unauthorized, rows[i].want);
	}
}

static void fault_texts_fit(void **state)
{
	(void)state;
	for (int f = FAULT_NONE; f <= FAULT_INTERNAL; f++) {
		assert_non_null(fault_text((enum fault)f));
		assert_true(slice_of(fault_text((enum fault)f)).n <
			    VERDICT_ERROR_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(outcomes),
	    cmocka_unit_test(unauthorized),
	    cmocka_unit_test(fault_texts_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
