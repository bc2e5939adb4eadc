/*
 * set - many filters, and which of them hold for a message.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Most filters ask that some path has one of a few values. Those are found by
 * the value that a message has there, so that what they cost depends on how
 * many may hold, not on how many there are. Filled, built, and then only asked.
 */
#ifndef FILTER_SET_H
#define FILTER_SET_H

#include <stddef.h>

#include "filter/filter.h"
#include "filter/wanted.h"

struct filter_set;

typedef void filter_match_fn(void *arg, void *subscriber);

struct filter_set *filter_set_new(void);
void filter_set_free(struct filter_set **set);
/* Both are borrowed. The one that was added last is not added again. */
void filter_set_add(struct filter_set *set, const struct filter *filter,
		    void *subscriber);
/* Once, when all have been added. */
void filter_set_build(struct filter_set *set);
/* What document_read() must keep for it. */
struct wanted *filter_set_wanted(const struct filter_set *set);
/* Calls back for each whose filter holds, once. */
void filter_set_match(struct filter_set *set, const struct value *message,
		      filter_match_fn *fn, void *arg);

#endif
