/*
 * report - what came of a request, as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report.h"

#include "base/clock.h"
#include "base/text.h"

static void add_text(struct buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_printf(out, ",\"%s\":", name);
	json_quote(out, slice_of(value));
}

static void add_token(struct buf *out, const struct report *r)
{
	char expires[RFC3339_SIZE];

	buf_append_str(out, ",\"accessToken\":\"***\"");
	if (r->answer->lifetime_s)
		buf_printf(out, ",\"expiresIn\":%llu",
			   (unsigned long long)r->answer->lifetime_s);
	add_text(out, "expiresAt", rfc3339_format(expires, r->expires_ms));
}

void report_write(struct buf *out, const struct report *r)
{
	const struct grant_answer *a = r->answer;

	buf_printf(out, "{\"ok\":%s", a->ok ? "true" : "false");
	if (r->status)
		buf_printf(out, ",\"status\":%u", r->status);
	else
		buf_append_str(out, ",\"status\":null");
	if (a->ok)
		add_token(out, r);
	add_text(out, "tokenType", a->token_type);
	add_text(out, "scope", a->scope);
	add_text(out, "error", a->error);
	add_text(out, "oauthError", a->oauth_error);
	add_text(out, "errorDescription", a->detail);
	buf_printf(out, ",\"durationMs\":%llu}",
		   (unsigned long long)(r->total_us / 1000));
}
