/*
 * request_json - reads a body of JSON text with yajl.
 * SPDX-License-Identifier: Apache-2.0
 *
 * yajl's own check of UTF-8 lets overlong forms and surrogates pass, so it is
 * off and the draft checks; what yajl makes of a lone surrogate's escape is a
 * "?", so those are looked for here.
 */
#include <yajl/yajl_parse.h>

#include "base/text.h"
#include "draft.h"

struct json_reader {
	struct draft *draft;
	yajl_handle yajl;
	size_t last_end; /* of the token before this one */
};

/* In a callback yajl has consumed up to the end of its token. */
static struct draft *token(struct json_reader *r)
{
	struct draft *d = r->draft;

	r->last_end = d->token_end;
	d->token_end = yajl_get_bytes_consumed(r->yajl);
	d->token_start = d->token_end - 1; /* "{" or "[" */
	return d;
}

static unsigned escaped_unit(struct slice text, size_t i)
{
	unsigned v = 0;

	if (i + 6 > text.n || text.p[i] != '\\' || text.p[i + 1] != 'u')
		return 0;
	for (size_t k = i + 2; k < i + 6; k++)
		v = v << 4 | (unsigned)hex_value(text.p[k]);
	return v;
}

/* True when every escaped surrogate in these tokens has its other half. */
static bool surrogates_pair(struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned unit;

		if (text.p[i] != '\\')
			continue;
		unit = escaped_unit(text, i);
		if (unit >= 0xdc00 && unit <= 0xdfff)
			return false;
		if (unit >= 0xd800 && unit <= 0xdbff) {
			unit = escaped_unit(text, i + 6);
			if (unit < 0xdc00 || unit > 0xdfff)
				return false;
			i += 6;
		}
		i++; /* over the escaped character */
	}
	return true;
}

/* yajl hands out a view of the body unless there are escapes. */
static bool escapes_are_good(const struct json_reader *r, const char *p)
{
	const struct draft *d = r->draft;

	if (p >= d->in.p && p < d->in.p + d->in.n)
		return true;
	return surrogates_pair(
	    (struct slice){d->in.p + r->last_end, d->token_end - r->last_end});
}

static int on_null(void *ctx)
{
	return draft_literal(token(ctx), SLICE_LIT("null"));
}

static int on_boolean(void *ctx, int value)
{
	return draft_literal(token(ctx),
			     value ? SLICE_LIT("true") : SLICE_LIT("false"));
}

static int on_number(void *ctx, const char *p, size_t n)
{
	return draft_number(token(ctx), slice_bytes(p, n));
}

static int on_string(void *ctx, const unsigned char *p, size_t n)
{
	struct draft *d = token(ctx);

	if (!escapes_are_good(ctx, (const char *)p))
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "holds half of a surrogate pair");
	return draft_string(d, slice_bytes(p, n));
}

static int on_key(void *ctx, const unsigned char *p, size_t n)
{
	struct draft *d = token(ctx);

	if (!escapes_are_good(ctx, (const char *)p))
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "a key holds half of a surrogate pair");
	return draft_key(d, slice_bytes(p, n));
}

static int on_map_start(void *ctx)
{
	return draft_map_start(token(ctx));
}

static int on_map_end(void *ctx)
{
	return draft_map_end(token(ctx));
}

static int on_array_start(void *ctx)
{
	return draft_array_start(token(ctx));
}

static int on_array_end(void *ctx)
{
	return draft_array_end(token(ctx));
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number, /* as spelt */
    .yajl_string = on_string,
    .yajl_map_key = on_key,
    .yajl_start_map = on_map_start,
    .yajl_end_map = on_map_end,
    .yajl_start_array = on_array_start,
    .yajl_end_array = on_array_end,
};

bool request_read_json(struct draft *d)
{
	struct json_reader r = {.draft = d};
	yajl_status status;
	size_t at;

	r.yajl = yajl_alloc(&callbacks, NULL, &r);
	yajl_config(r.yajl, yajl_dont_validate_strings, 1);
	status = yajl_parse(r.yajl, (const unsigned char *)d->in.p, d->in.n);
	at = yajl_get_bytes_consumed(r.yajl);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(r.yajl);
	yajl_free(r.yajl);
	if (status == yajl_status_error)
		draft_refuse(d, FAULT_MALFORMED, "not JSON, at byte %zu", at);
	return status == yajl_status_ok;
}
