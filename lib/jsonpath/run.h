/*
 * run - one query on its way: what it has looked at, and what it may yet.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only for the modules of this folder. Once the run has ended at a limit all
 * results are worthless, and everything returns soon.
 */
#ifndef JSONPATH_RUN_H
#define JSONPATH_RUN_H

#include "jsonpath/jsonpath.h"
#include "jsonpath/query.h"

/* Items of regular expressions that are tried, by one query. */
#define RUN_EFFORT_MAX 200000

struct run {
	const struct value *root;
	struct arena *arena; /* borrowed; of the lists on the way */
	size_t steps;	     /* left */
	size_t effort;	     /* left */
	bool ended;	     /* at a limit */
};

/* Nodes as they come. Zeroed is a good start. */
struct nodes {
	const struct value **list; /* in the arena */
	size_t n, size;
};

/* False: the run has ended. */
bool run_spend(struct run *run, size_t steps);

/* Appends the nodes of a query, from $ or from at. */
void run_query(struct run *run, const struct query *q, const struct value *at,
	       struct nodes *out);
/* Of a singular query: its node or NULL. */
const struct value *run_singular(struct run *run, const struct query *q,
				 const struct value *at);
/* Whether a filter's condition holds for @. */
bool run_test(struct run *run, const struct expr *e, const struct value *at);
/* What an operand is: NULL for nothing. room is for a value that it makes. */
const struct value *run_value(struct run *run, const struct expr *e,
			      const struct value *at, struct value *room);
/* The functions of a filter, by what they return. */
const struct value *run_call_value(struct run *run, const struct expr *e,
				   const struct value *at, struct value *room);
bool run_call_test(struct run *run, const struct expr *e,
		   const struct value *at);

#endif
