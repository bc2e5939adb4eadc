/*
 * query - a path as it is kept: segments, their selectors, and filters.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only for the modules of this folder. All of it lies in the path's arena, but
 * for the regular expressions, which the path frees by their list.
 */
#ifndef JSONPATH_QUERY_H
#define JSONPATH_QUERY_H

#include "filter/value.h"
#include "jsonpath/iregexp.h"

enum selector_kind {
	SELECT_NAME,
	SELECT_INDEX,
	SELECT_SLICE,
	SELECT_ALL,
	SELECT_FILTER
};

/* The numbers of a slice, each of which may be left out. */
struct range {
	int64_t start, end, step;
	bool has_start, has_end;
};

struct selector {
	enum selector_kind kind;
	struct slice name;
	int64_t index;
	struct range range;
	struct expr *filter;
	struct selector *next;
};

struct segment {
	bool descendant;
	struct selector *selectors;
	struct segment *next;
};

struct query {
	bool relative; /* from @, not from $ */
	bool singular;
	struct segment *segments;
};

enum expr_kind {
	EXPR_OR,
	EXPR_AND,
	EXPR_NOT,
	EXPR_COMPARE,
	EXPR_LITERAL,
	EXPR_QUERY, /* as a test, that there is a node */
	EXPR_CALL
};

enum comparison { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

enum function { CALL_LENGTH, CALL_COUNT, CALL_MATCH, CALL_SEARCH, CALL_VALUE };

struct expr {
	enum expr_kind kind;
	enum comparison comparison;
	enum function function;
	struct expr *left, *right; /* also the arguments of a call */
	struct query query;
	struct value literal;
	/* Of a call whose pattern is a literal; NULL when that is none. */
	struct iregexp *regexp;
	struct expr *next_regexp; /* of the path's list */
};

#endif
