/*
 * filter - which messages a webhook wants, beyond their names.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A filter is a JSON object whose keys are paths and operators, all of which
 * must hold; docs/filters.md has them. It is compiled once and then only read,
 * so that any number of places may share it.
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include <jansson.h>
#include <stdbool.h>

#include "filter/value.h"

#define FILTER_BYTES_MAX (32 * 1024) /* written compactly */
#define FILTER_DEPTH_MAX 8	     /* of $and, $or and $not */
#define FILTER_CONDITIONS_MAX 256
#define FILTER_LIST_MAX 1000 /* values of $in, filters of $and and $or */
#define FILTER_VALUE_DEPTH_MAX 32
#define FILTER_VALUES_MAX 1000 /* in an object or array to compare with */

struct filter;

struct filter_fault {
	char path[160]; /* "filter.$or[1].dataFields.x.$gt", maybe cut short */
	const char *text; /* static */
};

/* NULL when it is none: fault says where and why. */
struct filter *filter_compile(const json_t *document,
			      struct filter_fault *fault);
void filter_free(struct filter **f);
/* A filter without conditions: nobody needs to look at a message for it. */
bool filter_is_empty(const struct filter *f);
/* message: what document_read() made of it. */
bool filter_holds(const struct filter *f, const struct value *message);

#endif
