/*
 * call - what the helpers have in common: their arguments and their results.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private to the helpers. An argument that is not there is a missing value.
 */
#ifndef TEMPLATE_CALL_H
#define TEMPLATE_CALL_H

#include "base/buf.h"
#include "template/helper.h"

const struct value *call_arg(const struct helper_call *call, size_t i);
/* As it is printed. */
struct slice call_text(const struct helper_call *call, size_t i);
/* The text a helper of one text works on: the block's or the first argument. */
struct slice call_subject(const struct helper_call *call);
/* Of a number or of a text that spells one in decimal, spaces around it do not
 * count. */
bool call_number(const struct value *v, double *number);
/* The same, towards 0 and at most +-2^31: for widths and places. */
bool call_whole(const struct value *v, long *whole);
/* Of an option, of an argument where that is not given, or missing. */
const struct value *call_either(const struct helper_call *call,
				const char *option, size_t i);
/* False without it. */
bool call_option_true(const struct helper_call *call, const char *name);
struct slice call_option_text(const struct helper_call *call, const char *name,
			      const char *otherwise);

/* NULL, with the error set. */
const struct value *call_fail(struct helper_call *call, const char *error);
/* A buffer that is full where the result is too large. */
void call_begin(const struct helper_call *call, struct buf *out);
/* The text in it as the result; the buffer is given up. */
const struct value *call_end(struct helper_call *call, struct buf *out);
/* A text of the arena or of an argument as the result. */
const struct value *call_give(struct helper_call *call, struct slice text);

#endif
