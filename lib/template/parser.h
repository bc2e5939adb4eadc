/*
 * parser - what the parts of the parser share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private to parse*.c. After a fault the token is TOKEN_FAULT for good, so
 * everything ends by itself.
 */
#ifndef TEMPLATE_PARSER_H
#define TEMPLATE_PARSER_H

#include "template/parse.h"
#include "template/scan.h"

struct parser {
	struct scan scan;
	struct token token; /* the next one */
	struct arena *arena;
	struct template_fault *fault;
	size_t depth; /* of blocks and of sub-expressions */
	size_t chain; /* of {{else if}}s that are open */
	bool failed;
};

void parser_next(struct parser *p);
/* The first fault stays. */
void parser_fault(struct parser *p, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* What the token is, for a fault. */
const char *parser_token_name(const struct parser *p);
/* False: too deep, a fault. */
bool parser_enter(struct parser *p, size_t at);

/* What stands between the braces: a name, its arguments, its options, its block
 * parameters where they may be. Never NULL. */
struct call *parse_call(struct parser *p, bool dynamic, bool names);
/* A path, @data or a literal. */
struct term *parse_term(struct parser *p);

#endif
