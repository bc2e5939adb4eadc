/*
 * value_print - a value as JSON text.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FILTER_VALUE_PRINT_H
#define FILTER_VALUE_PRINT_H

#include "base/buf.h"
#include "filter/value.h"

/* Appends it: numbers as they were spelled, members in their order, without
 * white space. A number that is none becomes null. */
void value_print(const struct value *v, struct buf *out);
/* As it was spelled; a computed one as JavaScript prints it. */
void value_print_number(const struct value *v, struct buf *out);

#define NUMBER_DIGITS_MAX 19
/* The fewest digits that read back as the number (0 or more, finite), without
 * trailing zeros, and where its point is: 0.d1d2d3... times ten to the point.
 * Returns how many; digits end with a NUL. */
int number_digits(double number, char digits[NUMBER_DIGITS_MAX + 1],
		  int *point);

#endif
