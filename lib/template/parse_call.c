/*
 * parse_call - what stands inside of a mustache.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/mem.h"
#include "template/parser.h"

#define PARTS_MAX 64

void parser_next(struct parser *p)
{
	if (p->failed)
		return;
	scan_next(&p->scan, &p->token);
	if (p->token.kind == TOKEN_FAULT)
		parser_fault(p, p->token.at, "%.*s", SLICE_FMT(p->token.text));
}

const char *parser_token_name(const struct parser *p)
{
	static const char *const names[] = {
	    [TOKEN_END] = "the end of the template",
	    [TOKEN_CLOSE] = "the end of the mustache",
	    [TOKEN_NAME] = "a name",
	    [TOKEN_SEGMENT] = "a [name]",
	    [TOKEN_SEP] = "a separator of names",
	    [TOKEN_STRING] = "a string",
	    [TOKEN_NUMBER] = "a number",
	    [TOKEN_TRUE] = "true",
	    [TOKEN_FALSE] = "false",
	    [TOKEN_NULL] = "null",
	    [TOKEN_UNDEFINED] = "undefined",
	    [TOKEN_DATA] = "@",
	    [TOKEN_EQUALS] = "=",
	    [TOKEN_AS] = "as |",
	    [TOKEN_BAR] = "|",
	    [TOKEN_OPEN_CALL] = "(",
	    [TOKEN_CLOSE_CALL] = ")",
	};
	size_t kind = (size_t)p->token.kind;

	if (kind < sizeof(names) / sizeof(*names) && names[kind])
		return names[kind];
	return "something else";
}

static void expect(struct parser *p, enum token_kind kind, const char *name)
{
	if (p->token.kind == kind)
		parser_next(p);
	else
		parser_fault(p, p->token.at, "%s is expected, not %s", name,
			     parser_token_name(p));
}

bool parser_enter(struct parser *p, size_t at)
{
	/* The template itself is the first. */
	if (++p->depth > TEMPLATE_DEPTH_MAX + 1)
		parser_fault(p, at, "nested more than %d deep",
			     TEMPLATE_DEPTH_MAX);
	return !p->failed;
}

static struct term *new_term(struct parser *p, enum term_kind kind)
{
	struct term *term = arena_alloc(p->arena, sizeof(*term));

	*term = (struct term){
	    .kind = kind, .at = p->token.at, .text = p->token.text};
	return term;
}

static bool is_name(const struct parser *p)
{
	return p->token.kind == TOKEN_NAME || p->token.kind == TOKEN_SEGMENT;
}

/* this, . and .. lead somewhere else; [this] is a name like any other. */
static void add_part(struct parser *p, struct term *term, struct slice *parts)
{
	struct slice text = p->token.text;
	bool dots = slice_eq_str(text, "..");
	bool leads =
	    dots || slice_eq_str(text, ".") || slice_eq_str(text, "this");

	if (p->token.kind == TOKEN_SEGMENT || !leads) {
		if (term->n_parts == PARTS_MAX)
			parser_fault(p, p->token.at,
				     "a path of more than %d names", PARTS_MAX);
		else
			parts[term->n_parts++] = text;
		return;
	}
	if (term->n_parts > 0)
		parser_fault(p, p->token.at,
			     "%.*s may only stand at the front of a path",
			     SLICE_FMT(text));
	term->depth += dots;
	term->scoped = true;
}

static void *keep(struct parser *p, const void *from, size_t n)
{
	void *copy = arena_alloc(p->arena, n);

	if (n > 0)
		memcpy(copy, from, n);
	return copy;
}

static struct term *parse_path(struct parser *p)
{
	struct term *term = new_term(p, TERM_PATH);
	struct slice parts[PARTS_MAX];
	struct buf text;

	buf_init(&text, TEMPLATE_SOURCE_BYTES_MAX);
	term->data = p->token.kind == TOKEN_DATA;
	if (term->data) {
		buf_append_slice(&text, p->token.text);
		parser_next(p);
	}
	while (is_name(p)) {
		add_part(p, term, parts);
		buf_append_slice(&text, p->token.text);
		parser_next(p);
		if (p->token.kind != TOKEN_SEP)
			break;
		buf_append_slice(&text, p->token.text);
		parser_next(p);
		if (!is_name(p))
			parser_fault(p, p->token.at,
				     "a name is expected, not %s",
				     parser_token_name(p));
	}
	if (text.n == (size_t)term->data)
		parser_fault(p, p->token.at, "a name is expected, not %s",
			     parser_token_name(p));
	term->text = slice_bytes(keep(p, text.p, text.n), text.n);
	term->parts = keep(p, parts, term->n_parts * sizeof(*parts));
	buf_fini(&text);
	return term;
}

struct term *parse_term(struct parser *p)
{
	static const enum term_kind literals[] = {
	    [TOKEN_STRING] = TERM_STRING,	[TOKEN_NUMBER] = TERM_NUMBER,
	    [TOKEN_TRUE] = TERM_TRUE,		[TOKEN_FALSE] = TERM_FALSE,
	    [TOKEN_UNDEFINED] = TERM_UNDEFINED, [TOKEN_NULL] = TERM_NULL};
	enum token_kind kind = p->token.kind;
	struct term *term;

	if (kind >= TOKEN_STRING && kind <= TOKEN_UNDEFINED) {
		term = new_term(p, literals[kind]);
		parser_next(p);
		return term;
	}
	if (kind != TOKEN_DATA && !is_name(p))
		parser_fault(p, p->token.at, "a name is expected, not %s",
			     parser_token_name(p));
	return parse_path(p);
}

static struct term *parse_sub_call(struct parser *p)
{
	struct term *term = new_term(p, TERM_CALL);

	if (!parser_enter(p, term->at))
		return term;
	parser_next(p);
	term->call = parse_call(p, false, false);
	expect(p, TOKEN_CLOSE_CALL, ")");
	p->depth--;
	return term;
}

static struct term *parse_param(struct parser *p)
{
	return p->token.kind == TOKEN_OPEN_CALL ? parse_sub_call(p)
						: parse_term(p);
}

/* Another argument begins here. */
static bool is_param(const struct parser *p)
{
	enum token_kind kind = p->token.kind;

	return is_name(p) || kind == TOKEN_OPEN_CALL || kind == TOKEN_DATA ||
	       (kind >= TOKEN_STRING && kind <= TOKEN_UNDEFINED);
}

/* A name with = behind it. */
static bool is_option(const struct parser *p)
{
	struct scan ahead = p->scan;
	struct token token;

	if (!is_name(p))
		return false;
	scan_next(&ahead, &token);
	return token.kind == TOKEN_EQUALS;
}

static void parse_options(struct parser *p, struct call *call)
{
	struct pair pairs[TEMPLATE_PARAMS_MAX];
	size_t n = 0;

	while (!p->failed && is_option(p)) {
		if (n == TEMPLATE_PARAMS_MAX) {
			parser_fault(p, p->token.at, "more than %d options",
				     TEMPLATE_PARAMS_MAX);
			break;
		}
		pairs[n].name = p->token.text;
		parser_next(p);
		parser_next(p);
		pairs[n++].value = parse_param(p);
	}
	call->n_pairs = n;
	call->pairs = keep(p, pairs, n * sizeof(*pairs));
}

static void parse_args(struct parser *p, struct call *call)
{
	struct term *args[TEMPLATE_PARAMS_MAX];
	size_t n = 0;

	while (!p->failed && is_param(p) && !is_option(p)) {
		if (n == TEMPLATE_PARAMS_MAX) {
			parser_fault(p, p->token.at, "more than %d arguments",
				     TEMPLATE_PARAMS_MAX);
			break;
		}
		args[n++] = parse_param(p);
	}
	call->n_args = n;
	call->args = keep(p, args, n * sizeof(*args));
}

static void parse_names(struct parser *p, struct call *call)
{
	struct slice names[TEMPLATE_PARAMS_MAX];
	size_t n = 0;

	parser_next(p);
	while (p->token.kind == TOKEN_NAME && n < TEMPLATE_PARAMS_MAX) {
		names[n++] = p->token.text;
		parser_next(p);
	}
	if (n == 0)
		parser_fault(p, p->token.at, "as | | without a name in it");
	expect(p, TOKEN_BAR, "|");
	call->n_names = n;
	call->names = keep(p, names, n * sizeof(*names));
}

struct call *parse_call(struct parser *p, bool dynamic, bool names)
{
	struct call *call = arena_alloc(p->arena, sizeof(*call));

	*call = (struct call){0};
	call->callee = dynamic ? parse_param(p) : parse_term(p);
	parse_args(p, call);
	parse_options(p, call);
	if (names && p->token.kind == TOKEN_AS)
		parse_names(p, call);
	return call;
}
