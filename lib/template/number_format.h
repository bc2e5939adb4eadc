/*
 * number_format - numbers by Java's patterns and the names of common ones.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Works on the decimal digits of a number as it is printed, so that 1.005 is
 * what it seems to be. English: a point, and commas between thousands.
 */
#ifndef TEMPLATE_NUMBER_FORMAT_H
#define TEMPLATE_NUMBER_FORMAT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "filter/value.h"

#define NUMBER_PLACES_MAX 100

enum number_rounding {
	ROUND_HALF_EVEN,
	ROUND_HALF_UP,
	ROUND_HALF_DOWN,
	ROUND_UP, /* away from 0 */
	ROUND_DOWN,
	ROUND_CEILING,
	ROUND_FLOOR
};

struct number_format {
	int whole_min, places_min, places_max;
	int group; /* digits between commas; 0: none */
	int shift; /* 2 for percent */
	enum number_rounding rounding;
	struct slice prefix, suffix; /* of the pattern; quotes are still in */
};

/* "integer", "percent", "currency", "" or a pattern as "#,##0.00". False: it is
 * none. f borrows the pattern. */
bool number_format_parse(struct number_format *f, struct slice pattern);
bool number_rounding_parse(enum number_rounding *r, struct slice name);
/* number is finite. */
void number_format_print(struct buf *out, const struct number_format *f,
			 const struct value *number);

#endif
