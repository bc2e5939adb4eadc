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

#define SECRET "secret/of it"
#define SECRET_ENCODED "secret%2Fof+it"
#define SECRET_BASIC "Y2xpZW50OnNlY3JldCUyRm9mK2l0"

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* As it stands, as it was sent, and behind "Basic". */
static void check_shown(const char *text)
{
	must(slice_is_utf8(slice_of(text)));
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		must(*p >= ' ' && *p != 0x7f && (*p != 0xc2 || p[1] >= 0xa0));
	must(!strstr(text, SECRET) && !strstr(text, SECRET_ENCODED) &&
	     !strstr(text, SECRET_BASIC));
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
	static char id[] = "client", secret[] = SECRET;
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
	check_shown(a.detail);
	check_shown(a.oauth_error);
	check_shown(a.scope);
	check_shown(a.token_type);
	buf_init(&text, REPORT_BYTES_MAX);
	report_write(&text, &report);
	must(!buf_full(&text));
	buf_fini(&text);
	grant_answer_fini(&a);
	return 0;
}
