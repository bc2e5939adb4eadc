/*
 * tree - a template as it was written: its blocks, mustaches and texts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the parser makes, the stripping of white space changes, and the
 * compiler reads. All of it is in one arena.
 */
#ifndef TEMPLATE_TREE_H
#define TEMPLATE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum term_kind {
	TERM_PATH,
	TERM_STRING,
	TERM_NUMBER,
	TERM_TRUE,
	TERM_FALSE,
	TERM_NULL,
	TERM_UNDEFINED,
	TERM_CALL /* a sub-expression */
};

struct term {
	enum term_kind kind;
	size_t at;
	struct slice text;   /* as written: of a path without brackets */
	struct slice *parts; /* of a path, without this and .. */
	size_t n_parts;
	size_t depth; /* how many .. */
	bool data;    /* @ */
	bool scoped;  /* begins with this or a dot: never a helper */
	struct call *call;
};

struct pair {
	struct slice name;
	struct term *value;
};

struct call {
	struct term *callee;
	struct term **args;
	size_t n_args;
	struct pair *pairs;
	size_t n_pairs;
	struct slice *names; /* block parameters */
	size_t n_names;
};

struct body {
	struct node *first, *last;
	bool chained; /* nothing but what stands behind an {{else …}} */
};

enum node_kind {
	NODE_TEXT,
	NODE_COMMENT,
	NODE_PRINT,
	NODE_BLOCK,
	NODE_INLINE, /* {{#*inline "name"}} */
	NODE_PARTIAL,
	NODE_PARTIAL_BLOCK
};

/* The ~ of a tag. */
struct strip {
	bool open, close;
};

struct node {
	enum node_kind kind;
	size_t at;
	struct node *prev, *next;
	/* Of a text: as written, and what is left of it. */
	struct slice original, text;
	bool left_stripped, right_stripped;
	struct call *call;
	bool escaped, raw;
	struct body *body, *inverse; /* either may be NULL */
	struct strip strip;	     /* of the tag, or of the opening one */
	struct strip inverse_strip, close_strip;
	struct slice indent; /* of a partial that has a line of its own */
};

#endif
