/*
 * parse - from the text of a template to its tree.
 * SPDX-License-Identifier: Apache-2.0
 *
 * After the grammar of Handlebars 4.7.
 */
#include <stdio.h>
#include <string.h>

#include "template/parser.h"

/* What ended a program: the tag that belongs to what is around it. */
enum ending { END_OF_TEXT, END_CLOSE, END_ELSE, END_ELSE_IF, END_FAULT };

struct tag {
	size_t at; /* of its "{{" */
	struct strip strip;
};

static enum ending parse_program(struct parser *p, struct program *program,
				 struct tag *tag);

static struct program *program_new(struct parser *p)
{
	return parser_alloc(p, sizeof(struct program));
}

static struct node *add_node(struct parser *p, struct program *program,
			     enum node_kind kind, size_t at)
{
	struct node *n = parser_alloc(p, sizeof(*n));

	n->kind = kind;
	n->place = scan_place(&p->scan, at);
	n->previous = program->last;
	if (program->last)
		program->last->next = n;
	else
		program->first = n;
	program->last = n;
	return n;
}

static void add_text(struct parser *p, struct program *program, size_t from,
		     size_t to)
{
	struct node *n;

	if (to <= from)
		return;
	n = add_node(p, program, NODE_TEXT, from);
	n->text = n->original = slice_bytes(p->scan.in.p + from, to - from);
}

/* ---- text ---- */

static size_t find(const struct scan *s, size_t from, const char *what)
{
	const char *hit = NULL;

	if (from < s->in.n)
		hit =
		    memmem(s->in.p + from, s->in.n - from, what, strlen(what));
	return hit ? (size_t)(hit - s->in.p) : s->in.n;
}

/* Behind "\{{": text up to the next tag, and the backslashes in front of that
 * one are looked at again. */
static void take_escaped(struct parser *p, struct program *program)
{
	struct scan *s = &p->scan;
	size_t from = s->at, to = find(s, from + 2, "{{");

	if (to < s->in.n && to > from + 2 && s->in.p[to - 1] == '\\')
		to--;
	if (to < s->in.n && to > from + 2 && s->in.p[to] == '\\' &&
	    s->in.p[to - 1] == '\\')
		to--;
	add_text(p, program, from, to);
	s->at = to;
}

/* Text up to a tag or the end. */
static void take_text(struct parser *p, struct program *program)
{
	struct scan *s = &p->scan;
	size_t from, to;

	for (;;) {
		from = s->at;
		to = find(s, from, "{{");
		s->at = to;
		if (to == s->in.n || to == from || s->in.p[to - 1] != '\\') {
			add_text(p, program, from, to);
			return;
		}
		add_text(p, program, from, to - 1);
		/* A backslash before a backslash is one. */
		if (to - from >= 2 && s->in.p[to - 2] == '\\')
			return;
		take_escaped(p, program);
	}
}

/* ---- tags ---- */

static bool open_tag(struct scan *s, const char *what, struct strip *strip)
{
	size_t at = s->at;

	s->at += 2;
	strip->open = scan_take(s, "~");
	if (scan_take(s, what))
		return true;
	s->at = at;
	return false;
}

static bool close_tag(struct parser *p, const struct tag *tag, const char *end,
		      struct strip *strip)
{
	struct scan *s = &p->scan;

	scan_spaces(s);
	if (s->failed)
		return false;
	if (end[0] == '}' && end[1] == '}' && end[2] == '}') {
		if (!scan_take(s, "}"))
			return scan_fail(s, tag->at, "\"{{{\" is not closed");
	}
	strip->close = scan_take(s, "~");
	if (scan_take(s, "}}"))
		return true;
	if (scan_is_end(s))
		return scan_fail(s, tag->at, "\"{{\" is not closed");
	return scan_fail(s, s->at, "\"}}\" is missing here");
}

static bool parse_comment(struct parser *p, struct program *program,
			  const struct tag *tag)
{
	struct scan *s = &p->scan;
	struct node *n = add_node(p, program, NODE_COMMENT, tag->at);
	bool dashes = scan_take(s, "--");
	size_t end = s->at;

	n->strip = tag->strip;
	do {
		end = find(s, dashes ? end : s->at, dashes ? "--" : "}}");
		if (end == s->in.n)
			return scan_fail(s, tag->at, "a comment is not closed");
		s->at = end++ + (dashes ? 2 : 0);
		n->strip.close =
		    dashes ? scan_take(s, "~") : s->in.p[s->at - 1] == '~';
	} while (!scan_take(s, "}}"));
	return true;
}

static bool parse_output(struct parser *p, struct program *program,
			 const struct tag *tag, bool raw, const char *end)
{
	struct node *n = add_node(p, program, NODE_OUTPUT, tag->at);

	p->constant = false;
	n->strip = tag->strip;
	n->raw = raw;
	n->expr = parse_head(p, false);
	return n->expr && close_tag(p, tag, end, &n->strip);
}

static bool same_name(const struct expr *head, struct slice name)
{
	return slice_eq(head->path.text, name);
}

/* {{/name}} */
static bool parse_close(struct parser *p, struct node *block,
			const struct tag *tag)
{
	struct scan *s = &p->scan;
	struct expr *e;
	size_t at;

	scan_spaces(s);
	at = s->at;
	e = parse_value(p);
	if (!e)
		return false;
	if (!same_name(block->expr, e->path.text))
		return scan_fail(s, at, "\"%.*s\" is open here, not \"%.*s\"",
				 (int)(block->expr->path.text.n & 63),
				 block->expr->path.text.p,
				 (int)(e->path.text.n & 63), e->path.text.p);
	block->close_strip = tag->strip;
	return close_tag(p, tag, "}}", &block->close_strip);
}

static bool enter(struct parser *p, const struct program *program, size_t at)
{
	if (p->depth > TEMPLATE_DEPTH_MAX - 1)
		return scan_fail(&p->scan, at,
				 "blocks nested deeper than %d levels",
				 TEMPLATE_DEPTH_MAX);
	p->within[p->depth++] = program;
	return true;
}

/* The program of a block; *tag is the one that ended it. */
static enum ending parse_inner(struct parser *p, struct program *program,
			       size_t at, struct tag *tag)
{
	enum ending ending;

	if (!enter(p, program, at))
		return END_FAULT;
	ending = parse_program(p, program, tag);
	p->depth--;
	return ending;
}

/* ---- blocks ---- */

static const struct {
	const char *name;
	enum block_kind kind;
	size_t args;
} kinds[] = {
    {"if", BLOCK_IF, 1},
    {"unless", BLOCK_UNLESS, 1},
    {"each", BLOCK_EACH, 1},
    {"with", BLOCK_WITH, 1},
};

static bool fail_at(struct parser *p, const struct node *n, const char *what)
{
	p->scan.failed = true;
	p->scan.fault->line = n->place.line;
	p->scan.fault->column = n->place.column;
	snprintf(p->scan.fault->text, sizeof(p->scan.fault->text), "%s", what);
	return false;
}

static bool set_helper(struct parser *p, struct node *n)
{
	n->block = BLOCK_HELPER;
	if (!resolve_call(p, n->expr))
		return false;
	if (n->expr->kind == EXPR_LOG)
		n->block = BLOCK_LOG;
	else if (n->expr->kind == EXPR_LOOKUP)
		return fail_at(p, n, "lookup is no block");
	else if (n->expr->helper->block == HELPER_INLINE)
		return fail_at(p, n, "this helper is no block");
	return true;
}

/* What the block's name means. */
static bool set_kind(struct parser *p, struct node *n)
{
	struct expr *e = n->expr;
	const struct helper *h;

	for (size_t i = 0; e->path.simple && i < 4; i++) {
		if (!slice_eq_str(e->path.parts[0], kinds[i].name))
			continue;
		n->block = kinds[i].kind;
		return e->n_args == kinds[i].args ||
		       fail_at(p, n, "this block takes one parameter");
	}
	h = e->path.simple ? helper_find(e->path.parts[0]) : NULL;
	if (e->n_args + e->n_options > 0 ||
	    (h && h->args_min == 0 && h->block != HELPER_INLINE))
		return set_helper(p, n);
	n->block = BLOCK_SECTION;
	return true;
}

static bool wrong_end(struct parser *p, const struct node *outer,
		      const struct tag *tag, enum ending ending)
{
	if (ending == END_OF_TEXT)
		return fail_at(p, outer, "a block is not closed");
	if (ending == END_FAULT)
		return false;
	return scan_fail(&p->scan, tag->at, "a second \"else\"");
}

static bool parse_rest(struct parser *p, struct node *n, struct node *outer,
		       struct tag *tag);

/* {{else if ...}}: the inverse is a block alone. */
static bool parse_chained(struct parser *p, struct node *n, struct node *outer,
			  struct tag *tag)
{
	struct node *inner;
	bool ok;

	n->inverse = program_new(p);
	n->inverse->chained = true;
	if (!enter(p, n->inverse, tag->at))
		return false;
	inner = add_node(p, n->inverse, NODE_BLOCK, tag->at);
	inner->program = program_new(p);
	inner->expr = parse_head(p, true);
	ok = inner->expr && parse_block_params(p, inner->program) &&
	     close_tag(p, tag, "}}", &tag->strip) && set_kind(p, inner);
	if (ok) {
		n->else_strip = inner->strip = tag->strip;
		ok = parse_rest(p, inner, outer, tag);
		/* As Handlebars has it. */
		inner->close_strip =
		    n == outer ? outer->close_strip : inner->strip;
	}
	p->depth--;
	return ok;
}

/* The block's programs and its end, which is outer's where it is part of a
 * chain. */
static bool parse_rest(struct parser *p, struct node *n, struct node *outer,
		       struct tag *tag)
{
	enum ending ending = parse_inner(p, n->program, tag->at, tag);

	if (ending == END_ELSE_IF)
		return parse_chained(p, n, outer, tag);
	if (ending == END_ELSE) {
		n->else_strip = tag->strip;
		n->inverse = program_new(p);
		ending = parse_inner(p, n->inverse, tag->at, tag);
	}
	if (ending != END_CLOSE)
		return wrong_end(p, outer, tag, ending);
	return parse_close(p, outer, tag);
}

static bool parse_block(struct parser *p, struct program *program,
			struct tag *tag, bool inverted)
{
	struct node *n = add_node(p, program, NODE_BLOCK, tag->at);
	struct program *main = n->program = program_new(p);

	p->constant = false;
	n->strip = tag->strip;
	n->expr = parse_head(p, true);
	if (!n->expr || !parse_block_params(p, main) ||
	    !close_tag(p, tag, "}}", &n->strip) || !set_kind(p, n) ||
	    !parse_rest(p, n, n, tag))
		return false;
	if (inverted) {
		n->program = n->inverse;
		n->inverse = main;
	}
	return true;
}

/* {{#*inline "name"}} */
static bool parse_inline(struct parser *p, struct program *program,
			 struct tag *tag)
{
	struct node *n = add_node(p, program, NODE_BLOCK, tag->at);
	struct inline_partial *inl = parser_alloc(p, sizeof(*inl));

	p->constant = false;
	n->block = BLOCK_INLINE;
	n->strip = tag->strip;
	n->program = program_new(p);
	n->expr = parse_head(p, true);
	if (!n->expr || !close_tag(p, tag, "}}", &n->strip))
		return false;
	if (!slice_eq_str(n->expr->path.text, "inline") ||
	    n->expr->n_args != 1 || n->expr->args[0]->kind != EXPR_VALUE)
		return fail_at(p, n, "only *inline with a name is known");
	inl->name = n->expr->args[0]->path.text;
	inl->program = n->program;
	/* The last of a name is the one. */
	inl->next = program->partials;
	program->partials = inl;
	return parse_rest(p, n, n, tag);
}

/* {{{{name}}}} ... {{{{/name}}}}: what is in it is text. */
static bool parse_raw_block(struct parser *p, struct program *program,
			    size_t at)
{
	struct scan *s = &p->scan;
	char end[128];
	struct node *n;
	struct expr *e;
	size_t from, to;

	s->at = at + 4;
	scan_spaces(s);
	e = parse_value(p);
	if (!e || !parse_params(p, e))
		return false;
	if (!scan_take(s, "}}}}"))
		return scan_fail(s, at, "\"{{{{\" is not closed");
	if (e->path.text.n > 64)
		return scan_fail(s, at, "a name of more than 64 bytes");
	snprintf(end, sizeof(end), "{{{{/%.*s}}}}", SLICE_FMT(e->path.text));
	from = s->at;
	to = find(s, from, end);
	if (to == s->in.n)
		return scan_fail(s, at, "a raw block is not closed");
	n = add_node(p, program, NODE_BLOCK, at);
	n->block = BLOCK_RAW;
	n->program = program_new(p);
	add_text(p, n->program, from, to);
	s->at = to + strlen(end);
	return true;
}

/* ---- partials ---- */

static bool set_partial(struct parser *p, struct node *n, struct expr *head)
{
	if (head->n_args > 1)
		return fail_at(p, n, "a partial takes one parameter");
	n->context = head->n_args ? head->args[0] : NULL;
	n->partial_block = head->kind == EXPR_PATH &&
			   slice_eq_str(head->path.text, "@partial-block");
	if (!n->name.n && !n->partial_block && head->kind != EXPR_VALUE)
		n->name = head->path.text;
	else if (head->kind == EXPR_VALUE)
		n->name = head->path.text;
	return true;
}

/* {{> (lookup . "name")}}: its parameters stand behind the sub-expression. */
static struct expr *parse_dynamic(struct parser *p, struct node *n)
{
	struct expr *around = parser_alloc(p, sizeof(*around));

	n->expr = parse_value(p);
	around->place = n->place;
	return n->expr && parse_params(p, around) ? around : NULL;
}

static bool parse_partial(struct parser *p, struct program *program,
			  struct tag *tag, bool block)
{
	struct node *n = add_node(p, program, NODE_PARTIAL, tag->at);
	struct expr *head;

	p->constant = false;
	n->strip = tag->strip;
	scan_spaces(&p->scan);
	if (scan_peek(&p->scan, 0) == '(') {
		head = parse_dynamic(p, n);
		if (!head)
			return false;
		if (head->n_args > 1)
			return fail_at(p, n, "a partial takes one parameter");
		n->context = head->n_args ? head->args[0] : NULL;
		n->expr = n->expr;
		head->args = NULL;
		n->name = (struct slice){NULL, 0};
		head->value = NULL;
		head->n_args = 0;
		if (head->n_options > 0)
			return fail_at(p, n,
				       "options of a partial whose name is "
				       "computed");
	} else {
		head = parse_value(p);
		if (!head || !parse_params(p, head) || !set_partial(p, n, head))
			return false;
		n->expr = head;
	}
	if (!close_tag(p, tag, "}}", &n->strip))
		return false;
	if (!block)
		return true;
	n->program = program_new(p);
	return parse_rest(p, n, n, tag);
}

/* ---- programs ---- */

/* {{else}}, {{else if ...}} and {{^}}; false: it is none of them, and the scan
 * stands where it stood. */
static bool is_else(struct parser *p, struct tag *tag, enum ending *ending)
{
	struct scan *s = &p->scan;
	size_t at = s->at;
	bool word;

	s->at += 2;
	tag->strip.open = scan_take(s, "~");
	if (scan_take(s, "^")) {
		word = false;
	} else {
		scan_spaces(s);
		word = scan_word(s, "else");
		if (!word) {
			s->at = at;
			return false;
		}
	}
	scan_spaces(s);
	*ending = END_ELSE;
	if (scan_looks_at(s, "}}") || scan_looks_at(s, "~}}")) {
		if (!close_tag(p, tag, "}}", &tag->strip))
			*ending = END_FAULT;
		return true;
	}
	*ending = END_ELSE_IF;
	if (!word)
		s->at = at;
	return word;
}

static bool parse_tag(struct parser *p, struct program *program,
		      struct tag *tag)
{
	struct scan *s = &p->scan;

	if (scan_looks_at(s, "{{{{"))
		return parse_raw_block(p, program, s->at);
	if (open_tag(s, "!", &tag->strip))
		return parse_comment(p, program, tag);
	if (open_tag(s, "#>", &tag->strip))
		return parse_partial(p, program, tag, true);
	if (open_tag(s, "#*", &tag->strip))
		return parse_inline(p, program, tag);
	if (open_tag(s, "#", &tag->strip))
		return parse_block(p, program, tag, false);
	if (open_tag(s, "^", &tag->strip))
		return parse_block(p, program, tag, true);
	if (open_tag(s, ">", &tag->strip))
		return parse_partial(p, program, tag, false);
	if (open_tag(s, "{", &tag->strip))
		return parse_output(p, program, tag, true, "}}}");
	if (open_tag(s, "&", &tag->strip))
		return parse_output(p, program, tag, true, "}}");
	open_tag(s, "", &tag->strip);
	return parse_output(p, program, tag, false, "}}");
}

static enum ending parse_program(struct parser *p, struct program *program,
				 struct tag *tag)
{
	struct scan *s = &p->scan;
	enum ending ending;

	for (;;) {
		take_text(p, program);
		if (s->failed)
			return END_FAULT;
		if (scan_is_end(s))
			return END_OF_TEXT;
		*tag = (struct tag){.at = s->at};
		if (!scan_looks_at(s, "{{{{")) {
			if (open_tag(s, "/", &tag->strip))
				return END_CLOSE;
			if (is_else(p, tag, &ending))
				return ending;
		}
		if (!parse_tag(p, program, tag))
			return END_FAULT;
	}
}

struct program *parse_template(struct parser *p)
{
	struct program *root = program_new(p);
	struct tag tag = {0};
	enum ending ending;

	p->within[p->depth++] = root;
	ending = parse_program(p, root, &tag);
	if (ending == END_OF_TEXT)
		return root;
	if (ending == END_CLOSE)
		scan_fail(&p->scan, tag.at, "no block is open here");
	else if (ending != END_FAULT)
		scan_fail(&p->scan, tag.at, "\"else\" without a block");
	return NULL;
}
