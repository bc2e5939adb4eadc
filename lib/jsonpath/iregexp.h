/*
 * iregexp - interoperable regular expressions (RFC 9485), matched by PCRE2.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Patterns and subjects are strangers': what a match may cost is given.
 */
#ifndef JSONPATH_IREGEXP_H
#define JSONPATH_IREGEXP_H

#include "base/buf.h"

/* Of a pattern, in bytes. */
#define IREGEXP_MAX 512
/* Groups inside one another. */
#define IREGEXP_NESTING_MAX 32
/* Of one item in braces: all of them are a single step. */
#define IREGEXP_REPEAT_MAX 1000

struct iregexp;

enum iregexp_found { IREGEXP_NO, IREGEXP_YES, IREGEXP_LIMIT };

/* To match whole strings or, with whole false, any part of them. NULL: it is no
 * I-Regexp, or a larger one than we take. */
struct iregexp *iregexp_compile(struct slice pattern, bool whole);
void iregexp_free(struct iregexp **r);
/* *effort is what is left of the steps that matching may take. */
enum iregexp_found iregexp_match(const struct iregexp *r, struct slice subject,
				 size_t *effort);

/* Appends what PCRE2 calls the same; false: the pattern is no I-Regexp. */
bool iregexp_map(struct slice pattern, struct buf *out);

#endif
