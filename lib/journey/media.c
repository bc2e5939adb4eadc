/*
 * media - what kind of text a content type stands for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey/media.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/slice.h"
#include "base/text.h"

static const struct row {
	const char *type;
	enum media media;
} rows[] = {
    {"application/json", MEDIA_JSON},
    {"application/x-www-form-urlencoded", MEDIA_FORM},
    {"text/html", MEDIA_MARKUP},
    {"text/xml", MEDIA_MARKUP},
    {"application/xml", MEDIA_MARKUP},
};

static bool ends_in(struct slice s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n &&
	       slice_eq_nocase(slice_bytes(s.p + s.n - n, n), slice_of(end));
}

enum media media_of(const char *content_type)
{
	struct slice type;

	if (!content_type)
		return MEDIA_JSON;
	content_type += strspn(content_type, " \t");
	type = slice_bytes(content_type, strcspn(content_type, "; \t"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (slice_eq_nocase(type, slice_of(rows[i].type)))
			return rows[i].media;
	if (ends_in(type, "+json"))
		return MEDIA_JSON;
	return ends_in(type, "+xml") ? MEDIA_MARKUP : MEDIA_OTHER;
}
