/*
 * compile_expr - resolves what stands in mustaches: paths, calls, literals.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tree goes away when the template is compiled, so what is kept of it is
 * copied into the template's arena.
 */
#include "base/mem.h"
#include "template/compiler.h"

#define ANY_NUMBER 255

static void *keep(struct compiler *c, const void *from, size_t n)
{
	void *copy = arena_alloc(&c->t->arena, n);

	if (n > 0)
		memcpy(copy, from, n);
	return copy;
}

static struct slice keep_text(struct compiler *c, struct slice text)
{
	return slice_bytes(keep(c, text.p, text.n), text.n);
}

static struct expr *new_expr(struct compiler *c, enum expr_kind kind, size_t at)
{
	struct expr *expr = arena_alloc(&c->t->arena, sizeof(*expr));

	*expr = (struct expr){.kind = kind, .at = at};
	return expr;
}

/* 0, 1, 23; not 01, which is a name. */
static size_t index_of(struct slice name)
{
	uint64_t n;

	if (name.n == 0 || name.n > 9 || (name.n > 1 && name.p[0] == '0') ||
	    !slice_parse_u64(name, &n))
		return SIZE_MAX;
	return (size_t)n;
}

static void set_parts(struct compiler *c, struct expr *expr,
		      const struct slice *names, size_t n)
{
	struct part *parts = arena_alloc(&c->t->arena, n * sizeof(*parts));

	for (size_t i = 0; i < n; i++) {
		parts[i].name = keep_text(c, names[i]);
		parts[i].index = index_of(names[i]);
	}
	expr->parts = parts;
	expr->n_parts = n;
}

/* False: no block parameter has that name. */
static bool find_name(const struct compiler *c, struct slice name, size_t *up,
		      size_t *index)
{
	*up = 0;
	for (const struct names *s = c->names; s; s = s->above, ++*up) {
		for (*index = 0; *index < s->n; ++*index) {
			if (slice_eq(s->names[*index], name))
				return true;
		}
	}
	return false;
}

static enum data_name data_of(struct slice name)
{
	static const char *const names[] = {[DATA_ROOT] = "root",
					    [DATA_INDEX] = "index",
					    [DATA_KEY] = "key",
					    [DATA_FIRST] = "first",
					    [DATA_LAST] = "last"};
	size_t i = 0;

	while (i < DATA_UNKNOWN && !slice_eq_str(name, names[i]))
		i++;
	return (enum data_name)i;
}

static const struct expr *compile_data(struct compiler *c,
				       const struct term *term)
{
	struct expr *expr = new_expr(c, EXPR_DATA, term->at);

	if (term->n_parts == 0) {
		compiler_fault(c, term->at, "a name is expected behind @");
		return expr;
	}
	expr->up = term->depth;
	expr->index = data_of(term->parts[0]);
	if (expr->index == DATA_UNKNOWN)
		compiler_fault(c, term->at,
			       "there is no @%.*s, only @root, @index, @key, "
			       "@first and @last",
			       SLICE_FMT(term->parts[0]));
	set_parts(c, expr, term->parts + 1, term->n_parts - 1);
	return expr;
}

static const struct expr *compile_path(struct compiler *c,
				       const struct term *term)
{
	struct expr *expr = new_expr(c, EXPR_PATH, term->at);
	size_t skip = 0;

	if (term->n_parts > 0 && !term->scoped &&
	    find_name(c, term->parts[0], &expr->up, &expr->index)) {
		expr->kind = EXPR_NAME;
		skip = 1;
	} else {
		expr->up = term->depth;
		if (term->depth > 0)
			c->t->has_parents = true;
	}
	set_parts(c, expr, term->parts + skip, term->n_parts - skip);
	return expr;
}

static const struct value *literal(struct compiler *c, const struct term *term)
{
	struct value *v;

	switch (term->kind) {
	case TERM_TRUE:
	case TERM_FALSE:
		return value_bool(term->kind == TERM_TRUE);
	case TERM_NULL:
		return value_null();
	case TERM_UNDEFINED:
		return value_missing();
	default:
		v = arena_alloc(&c->t->arena, sizeof(*v));
		*v = (struct value){.kind = VALUE_STRING};
		if (term->kind == TERM_STRING)
			v->text = keep_text(c, term->text);
		else
			value_set_number(v, term->text);
		return v;
	}
}

const struct expr *compile_term(struct compiler *c, const struct term *term)
{
	struct expr *expr;

	if (term->kind == TERM_CALL)
		return compile_call(c, term->call, term->at, true);
	if (term->kind == TERM_PATH) {
		expr = (struct expr *)(term->data ? compile_data(c, term)
						  : compile_path(c, term));
	} else {
		expr = new_expr(c, EXPR_VALUE, term->at);
		expr->value = literal(c, term);
	}
	expr->text = keep_text(c, term->text);
	return expr;
}

/* A literal in the place of a name is a name: {{"a b"}}, {{12}}. */
static const struct expr *compile_callee(struct compiler *c,
					 const struct term *term)
{
	struct term path = *term;
	struct slice name;

	if (term->kind == TERM_PATH)
		return compile_term(c, term);
	path.kind = TERM_PATH;
	name = term->text;
	if (term->kind == TERM_NUMBER)
		name = value_text(literal(c, term), &c->t->arena);
	path.text = name;
	path.parts = &name;
	path.n_parts = 1;
	return compile_term(c, &path);
}

static enum builtin builtin_of(struct slice name)
{
	static const char *const names[] = {
	    [BUILTIN_IF] = "if",	 [BUILTIN_UNLESS] = "unless",
	    [BUILTIN_EACH] = "each",	 [BUILTIN_WITH] = "with",
	    [BUILTIN_LOOKUP] = "lookup", [BUILTIN_LOG] = "log"};

	for (size_t i = 1; i < sizeof(names) / sizeof(*names); i++) {
		if (slice_eq_str(name, names[i]))
			return (enum builtin)i;
	}
	return BUILTIN_NONE;
}

struct target compile_target(const struct compiler *c, const struct call *call)
{
	const struct term *term = call->callee;
	struct target target = {.name = term->text};
	size_t up, index;

	if (term->kind == TERM_PATH) {
		if (term->data || term->scoped || term->n_parts != 1)
			return target;
		target.name = term->parts[0];
	}
	if (find_name(c, target.name, &up, &index))
		return target;
	target.builtin = builtin_of(target.name);
	if (!target.builtin)
		target.helper = helper_find(target.name);
	return target;
}

void compile_no_helper(struct compiler *c, const struct call *call)
{
	compiler_fault(c, call->callee->at, "there is no helper named %.*s",
		       SLICE_FMT(call->callee->text));
}

const struct expr_option *compile_options(struct compiler *c,
					  const struct call *call)
{
	struct expr_option *options =
	    arena_alloc(&c->t->arena, call->n_pairs * sizeof(*options));

	for (size_t i = 0; i < call->n_pairs; i++) {
		options[i].name = keep_text(c, call->pairs[i].name);
		options[i].value = compile_term(c, call->pairs[i].value);
	}
	return options;
}

static void set_args(struct compiler *c, struct expr *expr,
		     const struct call *call)
{
	const struct expr **args =
	    arena_alloc(&c->t->arena, call->n_args * sizeof(const void *));

	for (size_t i = 0; i < call->n_args; i++)
		args[i] = compile_term(c, call->args[i]);
	expr->args = args;
	expr->n_args = call->n_args;
	expr->options = compile_options(c, call);
	expr->n_options = call->n_pairs;
	expr->text = keep_text(c, call->callee->text);
}

static void check_count(struct compiler *c, const struct call *call,
			const char *name, size_t min, size_t max, size_t at)
{
	const char *plural = min == 1 ? "" : "s";

	if (call->n_args == 0 && min > 0 && call->n_pairs == 0)
		compiler_fault(c, at,
			       "%s takes %s%zu argument%s; a value of that "
			       "name is {{this.%s}}",
			       name, min == max ? "" : "at least ", min, plural,
			       name);
	else if (call->n_args < min)
		compiler_fault(c, at, "%s takes %s%zu argument%s", name,
			       min == max ? "" : "at least ", min, plural);
	else if (max != ANY_NUMBER && call->n_args > max)
		compiler_fault(c, at, "%s takes %s%zu argument%s", name,
			       min == max ? "" : "at most ", max,
			       max == 1 ? "" : "s");
}

const struct expr *compile_helper(struct compiler *c, const struct call *call,
				  const struct helper *helper, size_t at,
				  bool as_block)
{
	struct expr *expr = new_expr(c, EXPR_CALL, at);
	size_t min = helper->args_min;

	/* The text of the block is the argument. */
	if (as_block && helper->block == HELPER_INLINE)
		compiler_fault(c, at, "%s is no block", helper->name);
	check_count(c, call, helper->name, min, helper->args_max, at);
	expr->helper = helper;
	set_args(c, expr, call);
	return expr;
}

static const struct expr *compile_builtin(struct compiler *c,
					  const struct call *call,
					  const struct target *target,
					  size_t at)
{
	bool lookup = target->builtin == BUILTIN_LOOKUP;
	struct expr *expr = new_expr(c, lookup ? EXPR_LOOKUP : EXPR_LOG, at);

	if (lookup)
		check_count(c, call, "lookup", 2, 2, at);
	else if (target->builtin != BUILTIN_LOG)
		compiler_fault(c, at, "%.*s is a block: {{#%.*s …}}",
			       SLICE_FMT(target->name),
			       SLICE_FMT(target->name));
	set_args(c, expr, call);
	return expr;
}

const struct expr *compile_call(struct compiler *c, const struct call *call,
				size_t at, bool in_parentheses)
{
	struct target target = compile_target(c, call);

	if (target.builtin)
		return compile_builtin(c, call, &target, at);
	if (target.helper)
		return compile_helper(c, call, target.helper, at, false);
	if (in_parentheses || call->n_args > 0 || call->n_pairs > 0)
		compile_no_helper(c, call);
	return compile_callee(c, call->callee);
}
