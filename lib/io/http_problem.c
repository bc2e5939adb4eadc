/*
 * http_problem - error answers as problem+json (RFC 9457).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/http_server.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define PROBLEM_BYTES_MAX 65536

static const char *title_of(unsigned status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 412:
		return "Precondition Failed";
	case 413:
		return "Content Too Large";
	case 415:
		return "Unsupported Media Type";
	case 422:
		return "Unprocessable Content";
	case 429:
		return "Too Many Requests";
	case 500:
		return "Internal Server Error";
	case 502:
		return "Bad Gateway";
	case 503:
		return "Service Unavailable";
	case 504:
		return "Gateway Timeout";
	default:
		return status < 500 ? "Client Error" : "Server Error";
	}
}

/* Of what a caller sent, or what was cut inside a character. */
static void quote_plain(struct buf *out, const char *value)
{
	char *copy = xstrdup(value);

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	json_quote(out, slice_of(copy));
	free(copy);
}

static void member(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(out, ",\"%s\":", name);
	if (slice_is_utf8(slice_of(value)))
		json_quote(out, slice_of(value));
	else
		quote_plain(out, value);
}

void http_problem(struct http_request *req, unsigned status, const char *code,
		  const char *field, const char *detail,
		  const char *const *headers)
{
	struct buf out;

	buf_init(&out, PROBLEM_BYTES_MAX);
	buf_append_str(&out, "{\"type\":\"about:blank\"");
	member(&out, "title", title_of(status));
	buf_printf(&out, ",\"status\":%u", status);
	member(&out, "code", code);
	member(&out, "detail", detail);
	member(&out, "field", field);
	buf_append_char(&out, '}');
	http_reply(req, status, "application/problem+json",
		   buf_full(&out) ? SLICE_LIT("{}") : buf_slice(&out), headers);
	buf_fini(&out);
}
