/*
 * credential_state_test - what a grant says of its credential.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console_test.h"
#include "credential_state.h"

#define NOW 1795421805000u
#define AT "2026-11-23T08:16:45.000Z"

static const struct msg_grant good = {
    .version = 3,
    .number = 7,
    .fetched_ms = NOW - 1000,
    .expires_ms = NOW + 3599000,
    .renew_ms = NOW + 3000000,
    .sealed = {"sealed:1:AAAA", 13},
};

static const struct msg_grant bad = {
    .version = 3,
    .failures = 2,
    .failed_ms = NOW,
    .retry_ms = NOW + 8000,
    .status = 401,
    .error = {"oauth_invalid_client", 20},
    .detail = {"no such client", 14},
};

/* As JSON with ' for "; without the version. */
static void state_is(const struct msg_grant *g, uint64_t now,
		     const char *want_text)
{
	json_t *view = json("{'version':3}"), *want = json(want_text);
	char *text;

	credential_state(view, g, now);
	json_object_del(view, "version");
	text = json_dumps(view, 0);
	if (!json_equal(view, want))
		fail_msg("%s", text);
	assert_null(strstr(text, "sealed"));
	free(text);
	json_decref(view);
	json_decref(want);
}

#define NOTHING                                            \
	"{'state':'none','expiresAt':null,'renewAt':null," \
	"'lastFetchAt':null,'lastError':null}"

static void test_none(void **state)
{
	struct msg_grant old = good;

	(void)state;
	state_is(NULL, NOW, NOTHING);
	old.version = 2;
	state_is(&old, NOW, NOTHING);
}

#define TIMES                                     \
	"'expiresAt':'2026-11-23T09:16:44.000Z'," \
	"'renewAt':'2026-11-23T09:06:45.000Z',"   \
	"'lastFetchAt':'2026-11-23T08:16:44.000Z'"
#define ERROR                                                   \
	"{'code':'oauth_invalid_client','status':401,'detail':" \
	"'no such client','at':'" AT "','retryAt':"             \
	"'2026-11-23T08:16:53.000Z'}"

static void test_a_token(void **state)
{
	struct msg_grant newer = good;

	(void)state;
	newer.version = 4; /* changed since the document was read */
	state_is(&good, NOW, "{'state':'valid'," TIMES ",'lastError':null}");
	state_is(&newer, NOW, "{'state':'valid'," TIMES ",'lastError':null}");
	state_is(&good, good.expires_ms,
		 "{'state':'expired'," TIMES ",'lastError':null}");
}

static void test_a_failure(void **state)
{
	struct msg_grant both = bad;

	(void)state;
	state_is(&bad, NOW,
		 "{'state':'failing','expiresAt':null,'renewAt':null,"
		 "'lastFetchAt':null,'lastError':" ERROR "}");
	both.sealed = good.sealed;
	both.fetched_ms = good.fetched_ms;
	both.expires_ms = good.expires_ms;
	both.renew_ms = good.renew_ms;
	state_is(&both, NOW,
		 "{'state':'valid'," TIMES ",'lastError':" ERROR "}");
	state_is(&both, both.expires_ms,
		 "{'state':'failing'," TIMES ",'lastError':" ERROR "}");
}

/* No answer came, so there is no status; a server's bytes need not be UTF-8. */
static void test_no_answer(void **state)
{
	struct msg_grant g = bad;

	(void)state;
	g.status = g.retry_ms = 0;
	g.error = SLICE_LIT("oauth_unavailable");
	g.detail = SLICE_LIT("x\xff");
	state_is(&g, NOW,
		 "{'state':'failing','expiresAt':null,'renewAt':null,"
		 "'lastFetchAt':null,'lastError':{'code':'oauth_unavailable',"
		 "'status':null,'detail':'x?','at':'" AT "','retryAt':null}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_a_token),
	    cmocka_unit_test(test_a_failure),
	    cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
