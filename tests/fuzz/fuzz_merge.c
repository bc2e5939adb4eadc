/*
 * fuzz_merge - a URL with merge fields, and the message that fills them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text up to the first newline is the URL, the rest a message. Whatever the
 * values are, the URL leads to the same host and has as many parts as before.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "filter/document.h"
#include "filter/merge.h"
#include "net/url.h"

#include "fuzz.h"

#define ROOM (1024 * 1024)

static size_t count(struct slice s, const char *set)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += strchr(set, s.p[i]) != NULL;
	return n;
}

static void compare(const struct merge *m, struct slice url,
		    const struct url_parts *parts, struct slice message)
{
	const struct target_rules rules = {.dev = true};
	struct document *d = document_new();
	struct url_parts after;
	struct buf out;

	buf_init(&out, ROOM);
	if (merge_render(m, d, message, &out) && !buf_full(&out)) {
		must(!url_parse(&rules, buf_slice(&out), ROOM, &after));
		must(slice_eq(after.host, parts->host));
		must(after.port == parts->port);
		must(count(buf_slice(&out), "/?&=:@#") ==
		     count(url, "/?&=:@#"));
	}
	buf_fini(&out);
	document_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct target_rules rules = {.dev = true};
	const char *text = (const char *)data;
	const char *end = size ? memchr(text, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - text) : size;
	struct slice url = slice_bytes(text, n);
	struct url_parts parts;
	struct merge *m = NULL;

	if (n == 0 || url_parse(&rules, url, URL_BYTES_MAX, &parts) ||
	    merge_compile(url, &m) || !m)
		return 0;
	compare(m, url, &parts, slice_bytes(text + n, size - n));
	merge_free(&m);
	return 0;
}
