/*
 * loose - whether two values are equal to JavaScript's ==.
 * SPDX-License-Identifier: Apache-2.0
 *
 * By that Handlebars decides whether a block has a context of its own.
 */
#ifndef TEMPLATE_LOOSE_H
#define TEMPLATE_LOOSE_H

#include <stdbool.h>

#include "filter/value.h"

/* An array or an object is equal to itself only. */
bool loose_equal(const struct value *a, const struct value *b);

#endif
