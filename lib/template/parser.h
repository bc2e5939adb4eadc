/*
 * parser - what the parts of the parser share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEMPLATE_PARSER_H
#define TEMPLATE_PARSER_H

#include "template/scan.h"
#include "template/tree.h"

struct parser {
	struct scan scan;
	struct template *template;
	/* The programs that the place at hand stands in, outermost first. */
	const struct program *within[TEMPLATE_DEPTH_MAX + 1];
	size_t depth;
	size_t expr_depth;
	bool constant;
};

void *parser_alloc(struct parser *p, size_t n); /* zeroed */

/* A head: a name or sub-expression with its parameters, up to the end of the
 * tag. NULL with a fault. block: it opens a block. */
struct expr *parse_head(struct parser *p, bool block);
/* One value: a path, a literal or a sub-expression. */
struct expr *parse_value(struct parser *p);
/* Parameters and options, up to the end. */
bool parse_params(struct parser *p, struct expr *e);
/* "as |a b|", if it is there. */
bool parse_block_params(struct parser *p, struct program *program);

/* Makes a call of what stands there as a name with parameters. */
bool resolve_call(struct parser *p, struct expr *e);

/* The whole template. NULL with a fault. */
struct program *parse_template(struct parser *p);

/* Removes the white space that tags on lines of their own and ~ ask for. */
void strip_template(struct program *root);

#endif
