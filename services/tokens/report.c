/*
 * report - what came of a request, as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report.h"

#include "base/text.h"

static void add_text(struct buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_printf(out, ",\"%s\":", name);
	json_quote(out, slice_of(value));
}

void report_write(struct buf *out, const struct grant_answer *a,
		  unsigned status, uint64_t total_us)
{
	buf_printf(out, "{\"ok\":%s", a->ok ? "true" : "false");
	if (status)
		buf_printf(out, ",\"status\":%u", status);
	else
		buf_append_str(out, ",\"status\":null");
	if (a->ok) {
		buf_append_str(out, ",\"accessToken\":\"***\"");
		if (a->lifetime_s)
			buf_printf(out, ",\"expiresIn\":%llu",
				   (unsigned long long)a->lifetime_s);
	}
	add_text(out, "tokenType", a->token_type);
	add_text(out, "scope", a->scope);
	add_text(out, "error", a->error);
	add_text(out, "oauthError", a->oauth_error);
	add_text(out, "errorDescription", a->detail);
	buf_printf(out, ",\"durationMs\":%llu}",
		   (unsigned long long)(total_us / 1000));
}
