/*
 * values - the values that templates make, and how a value is printed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Texts and new values are in the arena that is given, or views of the value.
 */
#ifndef TEMPLATE_VALUES_H
#define TEMPLATE_VALUES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "filter/arena.h"
#include "filter/value.h"

/* What the context lacks: neither true nor printed; its kind is VALUE_NULL. */
const struct value *value_missing(void);
const struct value *value_null(void);
const struct value *value_bool(bool b);

/* As Handlebars sees it: false, null, missing, "", 0 and an empty array are
 * not true. */
bool value_is_true(const struct value *v);

/* As it is printed: text as it is, numbers as they were spelled (computed ones
 * as JavaScript prints them), true and false, null and missing as nothing, an
 * array's elements with commas between, an object as "[object Object]". */
struct slice value_text(const struct value *v, struct arena *arena);
void value_put_text(struct buf *out, const struct value *v);
/* As JSON. */
struct slice value_json(const struct value *v, struct arena *arena);

/* Text is not copied. A number that is none is as JavaScript prints it, and
 * null in JSON. */
const struct value *value_new_text(struct arena *arena, struct slice text);
const struct value *value_new_number(struct arena *arena, double number);
/* An empty one, and a copy of element (not of what is in it) at its end; *last
 * is the element before, NULL at first. */
struct value *value_new_array(struct arena *arena);
void value_add(struct arena *arena, struct value *array, struct value **last,
	       const struct value *element);

/* The bytes of a buffer, in the arena; the buffer is given up. */
struct slice value_keep(struct arena *arena, struct buf *b);

#endif
