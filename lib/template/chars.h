/*
 * chars - texts by their Unicode characters.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A byte that is not UTF-8 counts as a character of its own. The only file that
 * asks GLib about characters.
 */
#ifndef TEMPLATE_CHARS_H
#define TEMPLATE_CHARS_H

#include "base/buf.h"
#include "base/slice.h"

enum chars_case { CHARS_UPPER, CHARS_LOWER, CHARS_TITLE };

/* Bytes of the first character; 0: the text is empty. */
size_t chars_first(struct slice text);
size_t chars_count(struct slice text);
/* Bytes of the first n characters, at most all. */
size_t chars_bytes(struct slice text, size_t n);
struct slice chars_trim(struct slice text);

/* Of the first character. */
bool chars_is_space(struct slice text);
bool chars_is_letter(struct slice text);

/* Whole texts: one letter may become several. What is not UTF-8 stays. */
void chars_append(struct buf *out, struct slice text, enum chars_case to);
/* Every word begins with a capital; with fully the rest is small. */
void chars_capitalize(struct buf *out, struct slice text, bool fully);

#endif
