/*
 * value - a JSON value, of a message or of a filter, and how two compare.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values lie in an arena, members and elements are linked in their order.
 *
 * A number is a whole number of 64 bits or, where it is none, the double next
 * to what was written; 1, 1.0 and 1e0 are the same value. Whole numbers and
 * doubles compare by their exact values, never through rounding.
 */
#ifndef FILTER_VALUE_H
#define FILTER_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "filter/arena.h"

enum value_kind {
	VALUE_NULL,
	VALUE_FALSE,
	VALUE_TRUE,
	VALUE_WHOLE,
	VALUE_REAL, /* never one that a whole number can be */
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT
};

struct value {
	enum value_kind kind;
	struct slice key;  /* its name, in an object */
	struct slice text; /* of a string; of a message's number, as spelled */
	union {
		int64_t whole;
		double real;
		struct value *first; /* of an array or an object */
	};
	struct value *next;
};

/* From the text of a JSON number. */
void value_set_number(struct value *v, struct slice text);
void value_set_real(struct value *v, double real);

/* NULL when there is none. */
const struct value *value_member(const struct value *object, struct slice key);
const struct value *value_at(const struct value *array, size_t index);

/* Deep; the order of an object's members does not count. */
bool value_equal(const struct value *a, const struct value *b);
/* *order is below, at or above 0, as a is to b. False: they have no order, only
 * two numbers and two strings (by bytes) have one. */
bool value_order(const struct value *a, const struct value *b, int *order);
bool value_is_scalar(const struct value *v);
/* Of a scalar: equal ones have the same. Differs from process to process. */
uint64_t value_hash(const struct value *v);

#endif
