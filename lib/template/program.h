/*
 * program - a template as it is rendered: a row of steps.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private to the compiler and the renderer. All names are resolved: to helpers,
 * to parts of paths, to places among the block parameters.
 */
#ifndef TEMPLATE_PROGRAM_H
#define TEMPLATE_PROGRAM_H

#include "filter/arena.h"
#include "template/helper.h"
#include "template/template.h"

struct part {
	struct slice name;
	size_t index; /* SIZE_MAX: it is no number */
};

enum data_name {
	DATA_ROOT,
	DATA_INDEX,
	DATA_KEY,
	DATA_FIRST,
	DATA_LAST,
	DATA_UNKNOWN
};

enum expr_kind {
	EXPR_VALUE,  /* a literal */
	EXPR_PATH,   /* from the context, or one above it */
	EXPR_NAME,   /* from a block parameter */
	EXPR_DATA,   /* from @something */
	EXPR_CALL,   /* of a helper */
	EXPR_LOOKUP, /* of args[0] the member that args[1] names */
	EXPR_LOG     /* evaluates and is nothing */
};

struct expr_option {
	struct slice name;
	const struct expr *value;
};

struct expr {
	enum expr_kind kind;
	size_t at;
	struct slice text; /* as it is written */
	union {
		const struct value *value;
		struct {
			size_t up;    /* contexts, names or frames above */
			size_t index; /* which name, or which data */
			const struct part *parts;
			size_t n_parts;
		};
		struct {
			const struct helper *helper;
			const struct expr **args;
			size_t n_args;
			const struct expr_option *options;
			size_t n_options;
		};
	};
};

enum op_kind {
	OP_TEXT,
	OP_PRINT,
	OP_IF,	    /* false: goes on at other */
	OP_JUMP,    /* to other */
	OP_EACH,    /* its body follows; empty: goes on at other, else at end */
	OP_WITH,    /* the same */
	OP_SECTION, /* the same: {{#x}} where x is no helper */
	OP_FILTER,  /* its body follows and is the last argument of a helper */
	OP_PARTIAL, /* a block may follow up to end */
	OP_SCOPE,   /* partials that are known up to the matching OP_LEAVE */
	OP_LEAVE
};

/* {{#*inline "name"}} */
struct inline_def {
	struct slice name;
	size_t begin, end; /* of its steps */
};

struct scope_def {
	struct inline_def *partials;
	size_t n;
	bool own_context; /* the body has a context of its own */
};

struct partial_def {
	struct slice name;
	const struct expr *dynamic; /* its name, when that is computed */
	const struct expr *context; /* NULL: the one there is */
	const struct expr_option *options;
	size_t n_options;
	struct slice indent;
	bool block;
};

struct op {
	enum op_kind kind;
	bool escaped;
	bool in_string; /* JSON: within quotes */
	bool negate;	/* unless */
	bool called;	/* its helper is called as a block */
	bool names;	/* the body has block parameters */
	size_t at;
	size_t other, end;
	union {
		struct slice text;
		struct {
			const struct expr *expr;
			const struct expr *zero; /* includeZero, or NULL */
		};
		const struct scope_def *scope;
		const struct partial_def *partial;
	};
};

struct template
{
	struct arena arena;
	struct slice source;
	enum template_mode mode;
	struct op *ops; /* owned */
	size_t n_ops, ops_size;
	bool has_parents; /* some path has .. in it */
};

#endif
