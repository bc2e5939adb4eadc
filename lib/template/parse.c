/*
 * parse - makes the tree of a template.
 * SPDX-License-Identifier: Apache-2.0
 *
 * By recursive descent, no deeper than is allowed: every block is a level, and
 * every {{else if}}, of which there may be more.
 */
#include "template/parse.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "template/fault.h"
#include "template/parser.h"

#define CHAIN_MAX 512

void parser_fault(struct parser *p, size_t at, const char *fmt, ...)
{
	char text[sizeof(p->fault->text)];
	va_list ap;

	if (p->failed)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	template_fault_set(p->fault, p->scan.source, at, "%s", text);
	p->failed = true;
	p->token.kind = TOKEN_FAULT;
}

static struct node *new_node(struct parser *p, enum node_kind kind)
{
	struct node *node = arena_alloc(p->arena, sizeof(*node));

	*node = (struct node){.kind = kind,
			      .at = p->token.at,
			      .original = p->token.text,
			      .text = p->token.text,
			      .strip = {.open = p->token.strip_before}};
	return node;
}

static struct body *new_body(struct parser *p)
{
	struct body *body = arena_alloc(p->arena, sizeof(*body));

	*body = (struct body){0};
	return body;
}

static void add_node(struct body *body, struct node *node)
{
	node->prev = body->last;
	if (body->last)
		body->last->next = node;
	else
		body->first = node;
	body->last = node;
}

static struct body *parse_body(struct parser *p);

/* The end of a tag; true: it has a ~. */
static bool parse_close(struct parser *p)
{
	bool strip = p->token.strip_behind;

	if (p->token.kind == TOKEN_CLOSE) {
		parser_next(p);
		return strip;
	}
	parser_fault(p, p->token.at, "%s is expected, not %s",
		     p->scan.braces == 3   ? "}}}"
		     : p->scan.braces == 4 ? "}}}}"
					   : "}}",
		     parser_token_name(p));
	return false;
}

/* What opens, and its call. */
static struct node *parse_tag(struct parser *p, enum node_kind kind,
			      bool dynamic, bool names)
{
	struct node *node = new_node(p, kind);

	parser_next(p);
	node->call = parse_call(p, dynamic, names);
	node->strip.close = parse_close(p);
	return node;
}

/* {{/name}} */
static void parse_end(struct parser *p, struct node *block)
{
	struct slice name = block->call->callee->text;
	struct term *end;

	if (p->token.kind == TOKEN_ELSE || p->token.kind == TOKEN_OPEN_CHAIN) {
		parser_fault(p, p->token.at, "{{#%.*s}} has no such {{else}}",
			     SLICE_FMT(name));
		return;
	}
	if (p->token.kind != TOKEN_OPEN_END) {
		parser_fault(p, block->at, "{{#%.*s}} is not closed",
			     SLICE_FMT(name));
		return;
	}
	block->close_strip.open = p->token.strip_before;
	parser_next(p);
	end = parse_term(p);
	if (!p->failed && !slice_eq(end->text, name))
		parser_fault(p, end->at, "{{/%.*s}} does not close {{#%.*s}}",
			     SLICE_FMT(end->text), SLICE_FMT(name));
	block->close_strip.close = parse_close(p);
}

static void parse_inverse(struct parser *p, struct node *block)
{
	block->inverse_strip.open = p->token.strip_before;
	block->inverse_strip.close = p->token.strip_behind;
	parser_next(p);
	block->inverse = parse_body(p);
}

static void parse_else(struct parser *p, struct node *block);

/* {{else if x}} is a block by itself in the else of the one before. */
static void parse_chain(struct parser *p, struct node *block)
{
	struct node *inner;

	if (++p->chain > CHAIN_MAX) {
		parser_fault(p, p->token.at, "more than %d {{else …}} in a row",
			     CHAIN_MAX);
		return;
	}
	inner = parse_tag(p, NODE_BLOCK, false, true);
	block->inverse_strip = inner->strip;
	inner->body = parse_body(p);
	parse_else(p, inner);
	block->inverse = new_body(p);
	block->inverse->chained = true;
	add_node(block->inverse, inner);
	p->chain--;
}

static void parse_else(struct parser *p, struct node *block)
{
	if (p->token.kind == TOKEN_ELSE) {
		parse_inverse(p, block);
		block->close_strip = block->inverse_strip;
	} else if (p->token.kind == TOKEN_OPEN_CHAIN) {
		parse_chain(p, block);
		block->close_strip = block->inverse_strip;
	}
	/* The one inside ends where this one goes on. */
	if (block->inverse && block->inverse->chained)
		block->inverse->first->close_strip = block->close_strip;
}

static struct node *parse_block(struct parser *p)
{
	struct node *block = parse_tag(p, NODE_BLOCK, false, true);

	block->body = parse_body(p);
	parse_else(p, block);
	parse_end(p, block);
	if (block->inverse && block->inverse->chained)
		block->inverse->first->close_strip = block->close_strip;
	return block;
}

/* {{^x}}: what is its body is the other of the two. */
static struct node *parse_inverted(struct parser *p)
{
	struct node *block = parse_tag(p, NODE_BLOCK, false, true);
	struct body *body = parse_body(p);

	if (p->token.kind == TOKEN_ELSE)
		parse_inverse(p, block);
	block->body = block->inverse;
	block->inverse = body;
	parse_end(p, block);
	return block;
}

/* {{#> name}} and {{#*inline "name"}}: no else. */
static struct node *parse_plain_block(struct parser *p, enum node_kind kind)
{
	struct node *block = parse_tag(p, kind, false, false);

	block->body = parse_body(p);
	parse_end(p, block);
	return block;
}

static struct node *parse_raw(struct parser *p)
{
	struct node *block = parse_tag(p, NODE_BLOCK, false, false);

	block->raw = true;
	block->strip = (struct strip){0};
	block->body = new_body(p);
	while (p->token.kind == TOKEN_TEXT) {
		add_node(block->body, new_node(p, NODE_TEXT));
		parser_next(p);
	}
	if (!p->failed && !slice_eq(p->token.text, block->call->callee->text))
		parser_fault(p, p->token.at,
			     "{{{{/%.*s}}}} does not close {{{{%.*s}}}}",
			     SLICE_FMT(p->token.text),
			     SLICE_FMT(block->call->callee->text));
	parser_next(p);
	return block;
}

static struct node *parse_text(struct parser *p, enum node_kind kind)
{
	struct node *node = new_node(p, kind);

	node->strip.close = p->token.strip_behind;
	parser_next(p);
	return node;
}

static struct node *parse_print(struct parser *p)
{
	bool escaped = p->token.kind == TOKEN_OPEN;
	struct node *node = parse_tag(p, NODE_PRINT, false, false);

	node->escaped = escaped;
	return node;
}

/* NULL: what stands here is no statement. */
static struct node *parse_statement(struct parser *p)
{
	switch (p->token.kind) {
	case TOKEN_TEXT:
		return parse_text(p, NODE_TEXT);
	case TOKEN_COMMENT:
		return parse_text(p, NODE_COMMENT);
	case TOKEN_OPEN:
	case TOKEN_OPEN_PLAIN:
		return parse_print(p);
	case TOKEN_OPEN_BLOCK:
		return parse_block(p);
	case TOKEN_OPEN_INVERSE:
		return parse_inverted(p);
	case TOKEN_OPEN_INLINE:
		return parse_plain_block(p, NODE_INLINE);
	case TOKEN_OPEN_PARTIAL:
		return parse_tag(p, NODE_PARTIAL, true, false);
	case TOKEN_OPEN_PARTIAL_BLOCK:
		return parse_plain_block(p, NODE_PARTIAL_BLOCK);
	case TOKEN_OPEN_RAW:
		return parse_raw(p);
	case TOKEN_OPEN_DECORATOR:
		parser_fault(p, p->token.at,
			     "there are no decorators but "
			     "{{#*inline \"name\"}}");
		return NULL;
	default:
		return NULL;
	}
}

static struct body *parse_body(struct parser *p)
{
	struct body *body = new_body(p);
	struct node *node;

	if (!parser_enter(p, p->token.at - (p->token.at > 0)))
		return body;
	while ((node = parse_statement(p)))
		add_node(body, node);
	p->depth--;
	return body;
}

static void fault_at_end(struct parser *p)
{
	switch (p->token.kind) {
	case TOKEN_END:
	case TOKEN_FAULT:
		return;
	case TOKEN_ELSE:
	case TOKEN_OPEN_CHAIN:
		parser_fault(p, p->token.at, "{{else}} outside of a block");
		return;
	default:
		parser_fault(p, p->token.at,
			     "a block is closed that is not open");
	}
}

struct body *parse_template(struct slice source, struct arena *arena,
			    struct template_fault *fault)
{
	struct parser p = {.arena = arena, .fault = fault};
	struct body *body;

	scan_init(&p.scan, source, arena);
	if (source.n > 0 && memchr(source.p, 0, source.n))
		parser_fault(
		    &p,
		    (size_t)((char *)memchr(source.p, 0, source.n) - source.p),
		    "a NUL byte");
	parser_next(&p);
	body = parse_body(&p);
	fault_at_end(&p);
	return p.failed ? NULL : body;
}
