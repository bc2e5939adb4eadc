/*
 * program - what a filter is compiled to; shared by compile, filter and set,
 * and by nobody else. SPDX-License-Identifier: Apache-2.0
 */
#ifndef FILTER_PROGRAM_H
#define FILTER_PROGRAM_H

#include "filter/arena.h"
#include "filter/path.h"
#include "filter/value.h"

/* $ne and $nin are the negation of $eq and $in. */
enum condition_kind {
	CONDITION_AND,
	CONDITION_OR,
	CONDITION_NOT, /* of its one part */
	CONDITION_IN,  /* $eq: a list of one */
	CONDITION_GT,
	CONDITION_GTE,
	CONDITION_LT,
	CONDITION_LTE,
	CONDITION_EXISTS,
	CONDITION_PREFIX,
	CONDITION_SUFFIX,
	CONDITION_CONTAINS
};

struct condition {
	enum condition_kind kind;
	struct condition *parts; /* of and, or, not */
	struct condition *next;	 /* the next part of the same whole */
	struct path path;	 /* of all others */
	struct value operand;	 /* CONDITION_IN: an array */
};

struct filter {
	struct arena arena;    /* of all that follows */
	struct condition *all; /* CONDITION_AND */
};

#endif
