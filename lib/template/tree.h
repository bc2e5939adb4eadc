/*
 * tree - a compiled template.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All of it lies in the template's arena and is not changed once it is made.
 */
#ifndef TEMPLATE_TREE_H
#define TEMPLATE_TREE_H

#include "template/helper.h"
#include "template/template.h"

struct place {
	uint32_t line, column; /* from 1 */
};

enum path_from {
	PATH_CONTEXT, /* as many contexts up */
	PATH_DATA,    /* @index and its like, as many frames of data up */
	PATH_ROOT,    /* @root */
	PATH_PARAM    /* a block's parameter, as many programs out */
};

enum path_data { DATA_INDEX, DATA_KEY, DATA_FIRST, DATA_LAST, DATA_OTHER };

struct tree_path {
	enum path_from from;
	uint32_t up;
	uint32_t which; /* the parameter's index, or enum path_data */
	struct slice *parts;
	size_t n_parts;
	struct slice text; /* as it was written */
	bool simple;	   /* one name that may be a helper's */
};

enum expr_kind { EXPR_VALUE, EXPR_PATH, EXPR_HELPER, EXPR_LOOKUP, EXPR_LOG };

struct tree_option {
	struct slice name;
	struct expr *value;
};

struct expr {
	enum expr_kind kind;
	struct place place;
	const struct value *value;   /* EXPR_VALUE */
	struct tree_path path;	     /* EXPR_PATH; also the name of a call */
	const struct helper *helper; /* EXPR_HELPER */
	struct expr **args;
	size_t n_args;
	struct tree_option *options;
	size_t n_options;
};

struct inline_partial {
	struct slice name;
	struct program *program;
	struct inline_partial *next;
};

struct program {
	struct node *first, *last;
	size_t n_params;
	struct slice params[2];
	struct inline_partial *partials; /* what its body defines */
	bool chained;			 /* made of {{else if}} */
};

enum node_kind {
	NODE_TEXT,
	NODE_COMMENT,
	NODE_OUTPUT,
	NODE_BLOCK,
	NODE_PARTIAL
};

enum block_kind {
	BLOCK_IF,
	BLOCK_UNLESS,
	BLOCK_EACH,
	BLOCK_WITH,
	BLOCK_SECTION, /* {{#name}}: by what the name is */
	BLOCK_HELPER,
	BLOCK_LOG,
	BLOCK_RAW,   /* its text as it is */
	BLOCK_INLINE /* defines a partial, and prints nothing */
};

/* ~ to the left and to the right of a tag. */
struct strip {
	bool open, close;
};

struct node {
	struct node *next, *previous;
	enum node_kind kind;
	struct place place;
	/* NODE_TEXT */
	struct slice text, original;
	bool left_stripped, right_stripped;
	/* The tag's; of a block the opening one's. */
	struct strip strip;
	struct expr *expr; /* of an output; of a block or partial its head */
	bool raw;	   /* {{{ }}} */
	bool quoted;	   /* in a string of JSON */
	/* NODE_BLOCK, and a partial with a block */
	enum block_kind block;
	struct program *program, *inverse; /* each may be NULL */
	struct strip else_strip, close_strip;
	/* NODE_PARTIAL */
	struct slice name;    /* n 0: the head's value names it */
	bool partial_block;   /* @partial-block */
	struct expr *context; /* NULL: the one that is there */
	struct slice indent;
};

struct template
{
	struct arena arena;
	enum template_mode mode;
	struct program *root;
	bool constant;
};

#endif
