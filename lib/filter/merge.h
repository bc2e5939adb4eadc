/*
 * merge - a URL with fields of the message in it: "/hook?c={{campaignId}}".
 * SPDX-License-Identifier: Apache-2.0
 *
 * {{name}} is dataFields.name, percent-encoded; a list, an object, null and
 * what is missing are empty, numbers are spelled as they were published. A
 * value can fill a part of the path or of the query and nothing more:
 * everything that has a meaning in a URL is encoded.
 */
#ifndef FILTER_MERGE_H
#define FILTER_MERGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

struct document;
struct merge;

/* NULL, and *out (NULL: the URL has no fields), else a static text that says
 * what is wrong. The URL's scheme, host and port are for url_parse(), which
 * takes no braces there. */
const char *merge_compile(struct slice url, struct merge **out);
void merge_free(struct merge **m);
/* Appends the URL for this message. False: a value would make a segment of the
 * path "." or "..", which climbs. That it fits is the caller's to see. */
bool merge_render(const struct merge *m, struct document *d,
		  struct slice message, struct buf *out);

#endif
