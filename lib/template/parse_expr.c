/*
 * parse_expr - paths, literals, sub-expressions and what they mean.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "filter/value.h"
#include "template/parser.h"
#include "template/values.h"

#define PARTS_MAX 64

void *parser_alloc(struct parser *p, size_t n)
{
	return memset(arena_alloc(&p->template->arena, n ? n : 1), 0,
		      n ? n : 1);
}

static struct expr *expr_new(struct parser *p, enum expr_kind kind, size_t at)
{
	struct expr *e = parser_alloc(p, sizeof(*e));

	e->kind = kind;
	e->place = scan_place(&p->scan, at);
	return e;
}

static struct expr *literal(struct parser *p, size_t at,
			    const struct value *value)
{
	struct expr *e = expr_new(p, EXPR_VALUE, at);

	e->value = value;
	e->path.text = slice_bytes(p->scan.in.p + at, p->scan.at - at);
	return e;
}

static const struct value *number_value(struct parser *p, struct slice text)
{
	struct value *v = parser_alloc(p, sizeof(*v));

	v->text = text;
	value_set_number(v, text);
	return v;
}

static struct expr *parse_literal(struct parser *p)
{
	struct scan *s = &p->scan;
	size_t at = s->at;
	struct slice text;
	struct expr *e;

	if (scan_string(s, &text)) {
		e = literal(p, at, value_new_text(&p->template->arena, text));
		e->path.text = text;
		return e;
	}
	if (scan_number(s, &text))
		return literal(p, at, number_value(p, text));
	if (scan_word(s, "true"))
		return literal(p, at, value_bool(true));
	if (scan_word(s, "false"))
		return literal(p, at, value_bool(false));
	if (scan_word(s, "null"))
		return literal(p, at, value_null());
	if (scan_word(s, "undefined"))
		return literal(p, at, value_missing());
	return NULL;
}

/* ---- paths ---- */

static bool is_up(struct slice part)
{
	return slice_eq_str(part, "..") || slice_eq_str(part, ".") ||
	       slice_eq_str(part, "this");
}

/* "..", "." and "this" may only stand in front. */
static bool take_part(struct parser *p, struct tree_path *path, size_t at,
		      struct slice part, bool bracketed)
{
	if (!bracketed && is_up(part)) {
		if (path->n_parts > 0)
			return scan_fail(&p->scan, at,
					 "\"%.*s\" may only stand at the "
					 "beginning of a path",
					 SLICE_FMT(part));
		path->up += slice_eq_str(part, "..");
		path->simple = false;
		return true;
	}
	if (path->n_parts == PARTS_MAX)
		return scan_fail(&p->scan, at, "a path of more than %d parts",
				 PARTS_MAX);
	path->parts[path->n_parts++] = part;
	return true;
}

static bool parse_parts(struct parser *p, struct tree_path *path)
{
	struct slice parts[PARTS_MAX], part;
	struct scan *s = &p->scan;
	bool bracketed;

	path->parts = parts;
	do {
		size_t at = s->at;

		if (!scan_name(s, &part, &bracketed))
			return scan_fail(s, at, "a name is missing here");
		if (!take_part(p, path, at, part, bracketed))
			return false;
	} while (scan_take(s, ".") || scan_take(s, "/"));
	path->parts = parser_alloc(p, path->n_parts * sizeof(part));
	if (path->n_parts > 0)
		memcpy(path->parts, parts, path->n_parts * sizeof(part));
	return true;
}

static void cut_first(struct tree_path *path)
{
	path->parts++;
	path->n_parts--;
	path->simple = false;
}

static void set_data(struct tree_path *path)
{
	static const char *const names[] = {
	    [DATA_INDEX] = "index",
	    [DATA_KEY] = "key",
	    [DATA_FIRST] = "first",
	    [DATA_LAST] = "last",
	};
	struct slice first;

	path->from = PATH_DATA;
	path->simple = false;
	path->which = DATA_OTHER;
	if (path->n_parts == 0)
		return;
	first = path->parts[0];
	if (slice_eq_str(first, "root"))
		path->from = PATH_ROOT;
	for (uint32_t i = DATA_INDEX; i < DATA_OTHER; i++)
		if (slice_eq_str(first, names[i]))
			path->which = i;
	cut_first(path);
}

/* A parameter of a block around it. */
static void look_for_param(struct parser *p, struct tree_path *path)
{
	if (path->n_parts == 0)
		return;
	for (size_t d = p->depth; d-- > 0;) {
		const struct program *program = p->within[d];

		for (uint32_t i = 0; i < program->n_params; i++) {
			if (!slice_eq(program->params[i], path->parts[0]))
				continue;
			path->from = PATH_PARAM;
			path->up = (uint32_t)(p->depth - 1 - d);
			path->which = i;
			cut_first(path);
			return;
		}
	}
}

static struct expr *parse_path(struct parser *p)
{
	struct scan *s = &p->scan;
	size_t at = s->at;
	struct expr *e = expr_new(p, EXPR_PATH, at);
	bool data = scan_take(s, "@");

	e->path.simple = true;
	if (!parse_parts(p, &e->path))
		return NULL;
	e->path.text = slice_bytes(s->in.p + at, s->at - at);
	if (data)
		set_data(&e->path);
	else if (e->path.simple)
		look_for_param(p, &e->path);
	e->path.simple = e->path.simple && e->path.n_parts == 1;
	return e;
}

/* ---- calls ---- */

static struct expr *parse_sub(struct parser *p)
{
	struct scan *s = &p->scan;
	size_t at = s->at++;
	struct expr *e = NULL;

	if (++p->expr_depth > TEMPLATE_DEPTH_MAX) {
		scan_fail(s, at, "expressions nested deeper than %d levels",
			  TEMPLATE_DEPTH_MAX);
		return NULL;
	}
	scan_spaces(s);
	e = parse_value(p);
	if (e && parse_params(p, e) && !scan_take(s, ")"))
		scan_fail(s, at, "\"(\" is not closed");
	p->expr_depth--;
	if (!e || s->failed)
		return NULL;
	if (e->kind != EXPR_PATH) {
		scan_fail(s, at, "a helper's name is missing");
		return NULL;
	}
	return resolve_call(p, e) ? e : NULL;
}

struct expr *parse_value(struct parser *p)
{
	struct expr *e;

	if (scan_peek(&p->scan, 0) == '(')
		return parse_sub(p);
	e = parse_literal(p);
	if (e || p->scan.failed)
		return e;
	return parse_path(p);
}

static bool parse_option(struct parser *p, struct expr *e,
			 struct tree_option *options)
{
	struct scan *s = &p->scan;
	size_t at = s->at;
	struct slice name;
	bool bracketed;

	if (!scan_name(s, &name, &bracketed) || !scan_take(s, "=")) {
		s->at = at;
		return false;
	}
	if (e->n_options == TEMPLATE_PARAMS_MAX)
		return scan_fail(s, at, "more than %d options",
				 TEMPLATE_PARAMS_MAX);
	scan_spaces(s);
	options[e->n_options].name = name;
	options[e->n_options].value = parse_value(p);
	return options[e->n_options++].value != NULL;
}

static bool at_end(const struct scan *s)
{
	char c = scan_peek(s, 0);

	return scan_is_end(s) || c == '}' || c == ')' || c == '|' ||
	       (c == '~' && scan_peek(s, 1) == '}');
}

/* Options are the last; behind one there are only options. */
static bool parse_one(struct parser *p, struct expr *e, struct expr **args,
		      struct tree_option *options)
{
	struct scan *s = &p->scan;
	size_t at = s->at;

	if (parse_option(p, e, options) || s->failed)
		return !s->failed;
	if (e->n_options > 0)
		return scan_fail(s, at, "a value behind an option");
	if (e->n_args == TEMPLATE_PARAMS_MAX)
		return scan_fail(s, at, "more than %d parameters",
				 TEMPLATE_PARAMS_MAX);
	args[e->n_args] = parse_value(p);
	return args[e->n_args++] != NULL;
}

static void keep_params(struct parser *p, struct expr *e, struct expr **args,
			struct tree_option *options)
{
	e->args = parser_alloc(p, e->n_args * sizeof(*args));
	e->options = parser_alloc(p, e->n_options * sizeof(*options));
	if (e->n_args > 0)
		memcpy(e->args, args, e->n_args * sizeof(*args));
	if (e->n_options > 0)
		memcpy(e->options, options, e->n_options * sizeof(*options));
}

bool parse_params(struct parser *p, struct expr *e)
{
	struct tree_option options[TEMPLATE_PARAMS_MAX];
	struct expr *args[TEMPLATE_PARAMS_MAX];
	struct scan *s = &p->scan;
	size_t before;

	for (;;) {
		before = s->at;
		scan_spaces(s);
		if (at_end(s))
			break;
		if (scan_looks_at(s, "as |"))
			break;
		if (s->at == before)
			return scan_fail(s, s->at, "a space is missing here");
		if (!parse_one(p, e, args, options))
			return false;
	}
	keep_params(p, e, args, options);
	return !s->failed;
}

bool parse_block_params(struct parser *p, struct program *program)
{
	struct scan *s = &p->scan;
	size_t at = s->at;
	bool bracketed;
	struct slice name;

	if (!scan_take(s, "as |"))
		return true;
	for (;;) {
		scan_spaces(s);
		if (scan_take(s, "|"))
			break;
		if (!scan_name(s, &name, &bracketed))
			return scan_fail(s, at, "\"as |\" is not closed");
		/* More than there are values is never anything. */
		if (program->n_params < 2)
			program->params[program->n_params++] = name;
	}
	scan_spaces(s);
	return true;
}

/* ---- what a name is ---- */

static bool check_count(struct parser *p, const struct expr *e)
{
	const struct helper *h = e->helper;
	size_t at_most = h->args_max == 255 ? TEMPLATE_PARAMS_MAX : h->args_max;

	if (e->n_args >= h->args_min && e->n_args <= at_most)
		return true;
	p->scan.failed = true;
	p->scan.fault->line = e->place.line;
	p->scan.fault->column = e->place.column;
	snprintf(p->scan.fault->text, sizeof(p->scan.fault->text),
		 "%s takes %u to %zu parameters, not %zu", h->name, h->args_min,
		 at_most, e->n_args);
	return false;
}

static bool unknown(struct parser *p, const struct expr *e)
{
	struct slice name = e->path.text;

	p->scan.failed = true;
	p->scan.fault->line = e->place.line;
	p->scan.fault->column = e->place.column;
	snprintf(p->scan.fault->text, sizeof(p->scan.fault->text),
		 "there is no helper named \"%.*s\"",
		 (int)(name.n < 64 ? name.n : 64), name.p);
	return false;
}

bool resolve_call(struct parser *p, struct expr *e)
{
	struct slice name = e->path.n_parts ? e->path.parts[0] : e->path.text;

	if (!e->path.simple)
		return unknown(p, e);
	if (slice_eq_str(name, "lookup") && e->n_args == 2) {
		e->kind = EXPR_LOOKUP;
		return true;
	}
	if (slice_eq_str(name, "log")) {
		e->kind = EXPR_LOG;
		return true;
	}
	e->helper = helper_find(name);
	if (!e->helper)
		return unknown(p, e);
	e->kind = EXPR_HELPER;
	return check_count(p, e);
}

/* A literal in front is the name of a field. */
static void as_field(struct parser *p, struct expr *e)
{
	e->kind = EXPR_PATH;
	e->path.parts = parser_alloc(p, sizeof(struct slice));
	e->path.parts[0] = e->path.text;
	e->path.n_parts = 1;
	e->path.simple = true;
}

struct expr *parse_head(struct parser *p, bool block)
{
	const struct helper *h = NULL;
	struct expr *e;

	scan_spaces(&p->scan);
	if (scan_peek(&p->scan, 0) == '(') {
		scan_fail(&p->scan, p->scan.at, "a name is missing here");
		return NULL;
	}
	e = parse_value(p);
	if (!e || !parse_params(p, e))
		return NULL;
	if (e->kind == EXPR_VALUE)
		as_field(p, e);
	if (block || e->kind != EXPR_PATH)
		return e;
	/* A field of a helper's name is more likely meant than a call that
	 * lacks what it needs. */
	if (e->path.simple)
		h = helper_find(e->path.parts[0]);
	if (e->n_args + e->n_options > 0 ||
	    (h && h->args_min == 0 && h->block == HELPER_INLINE))
		return resolve_call(p, e) ? e : NULL;
	return e;
}
