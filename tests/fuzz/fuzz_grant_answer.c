/*
 * fuzz_grant_answer - the body of a token server's answer, down to the report.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first two bytes are the status, the next says how much of the rest is the
 * content type.
 */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "grant_answer.h"
#include "report.h"
#include "store/credential.h"

#include "fuzz.h"

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static void check(const struct grant_answer *a)
{
	must(ends(a->error, sizeof(a->error)));
	must(ends(a->oauth_error, sizeof(a->oauth_error)));
	must(ends(a->detail, sizeof(a->detail)));
	must(ends(a->token_type, sizeof(a->token_type)));
	must(ends(a->scope, sizeof(a->scope)));
	must(a->ok == (a->token != NULL));
	must(a->ok == (a->error[0] == '\0'));
	must(a->lifetime_s <= GRANT_LIFETIME_S_MAX);
	for (const char *p = a->token; p && *p; p++)
		must(*p > ' ' && *p <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char id[] = "client", secret[] = "secret-of-it";
	const struct credential c = {.client_id = id, .client_secret = secret};
	struct grant_answer a;
	struct report report = {.answer = &a};
	struct buf text;
	size_t type;

	if (size < 3)
		return 0;
	report.status = data[0] * 256u + data[1];
	type = data[2] < size - 3 ? data[2] : size - 3;
	grant_answer_parse(report.status, slice_bytes(data + 3, type),
			   slice_bytes(data + 3 + type, size - 3 - type), &a);
	check(&a);
	grant_answer_scrub(&a, &c);
	check(&a);
	must(!strstr(a.detail, secret) && !strstr(a.scope, secret));
	buf_init(&text, REPORT_BYTES_MAX);
	report_write(&text, &report);
	must(!buf_full(&text));
	buf_fini(&text);
	grant_answer_fini(&a);
	return 0;
}
