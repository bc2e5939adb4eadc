/*
 * text - the encodings of text that several modules need.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* RFC 4648 section 4, with padding. */
void base64_encode(struct buf *out, struct slice in);
/* Section 4 or 5 alphabet, padding optional; anything else is malformed. */
MUST_CHECK enum err base64_decode(struct buf *out, struct slice in);
void hex_encode(struct buf *out, struct slice in);
/* Of one hexadecimal digit in either case; -1: it is none. */
int hex_value(char c);
/* A JSON string with its quotes (RFC 8259 section 7); the input is UTF-8. */
void json_quote(struct buf *out, struct slice in);
/* RFC 3986: everything but unreserved characters becomes %XX. */
void percent_encode(struct buf *out, struct slice in);
/* The way back. False: an escape is broken. */
bool percent_decode(struct buf *out, struct slice in);
/* Lower-cases ASCII only. */
bool slice_eq_nocase(struct slice a, struct slice b);

#endif
