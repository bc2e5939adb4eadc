/*
 * value_print - a value as JSON text.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FILTER_VALUE_PRINT_H
#define FILTER_VALUE_PRINT_H

#include "base/buf.h"
#include "filter/value.h"

/* Appends it: numbers as they were spelled, members in their order, without
 * white space. Not finite ones become null. */
void value_print(const struct value *v, struct buf *out);

#endif
