/*
 * scan - the characters and words of a template, from left to right.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first fault is kept; after it everything is at the end.
 */
#ifndef TEMPLATE_SCAN_H
#define TEMPLATE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "filter/arena.h"
#include "template/template.h"
#include "template/tree.h"

struct scan {
	struct slice in; /* in the arena */
	size_t at;
	size_t line_at; /* where the line of place_at begins */
	uint32_t line;
	size_t counted; /* up to here lines are counted */
	struct arena *arena;
	struct template_fault *fault;
	bool failed;
};

void scan_init(struct scan *s, struct slice in, struct arena *arena,
	       struct template_fault *fault);
/* False, with the fault at that place of the text; the first one stays. */
bool scan_fail(struct scan *s, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct place scan_place(struct scan *s, size_t at);

bool scan_is_end(const struct scan *s);
/* '\0' at the end. */
char scan_peek(const struct scan *s, size_t ahead);
bool scan_looks_at(const struct scan *s, const char *text);
/* Goes on behind it, if it is there. */
bool scan_take(struct scan *s, const char *text);
void scan_spaces(struct scan *s);

/* A name as it stands, or [in brackets]. False: there is none here. */
bool scan_name(struct scan *s, struct slice *name, bool *bracketed);
/* A text in quotes. False: none, or a fault. */
bool scan_string(struct scan *s, struct slice *text);
/* The characters of a number. */
bool scan_number(struct scan *s, struct slice *text);
/* The word, if it stands alone. */
bool scan_word(struct scan *s, const char *word);

#endif
