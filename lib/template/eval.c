/*
 * eval - finds the value of an expression.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only what a value has itself is found: there are no prototypes. Work is
 * counted by what is walked over, so that a large document makes no slow
 * template.
 */
#include "base/mem.h"
#include "template/renderer.h"

/* This many members, or bytes of arguments, are a step. */
#define MEMBERS_PER_STEP 32
#define BYTES_PER_STEP 128

static const struct value *new_index(struct template_render *r, size_t n)
{
	struct value *v = arena_alloc(&r->arena, sizeof(*v));

	*v = (struct value){.kind = VALUE_WHOLE, .whole = (int64_t)n};
	return v;
}

/* As JavaScript counts: what takes four bytes is two. */
static size_t text_length(struct slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		n += (c & 0xc0) != 0x80;
		n += c >= 0xf0;
	}
	return n;
}

static const struct value *length_of(struct template_render *r,
				     const struct value *v, size_t at)
{
	size_t n = 0;

	if (v->kind == VALUE_STRING) {
		(void)render_steps(r, at, v->text.n / BYTES_PER_STEP);
		return new_index(r, text_length(v->text));
	}
	for (const struct value *e = v->first; e; e = e->next)
		n++;
	(void)render_steps(r, at, n / MEMBERS_PER_STEP);
	return new_index(r, n);
}

static const struct value *member(struct template_render *r,
				  const struct value *object, struct slice name,
				  size_t at)
{
	const struct value *v = object->first;
	size_t n = 0;

	while (v && !slice_eq(v->key, name)) {
		v = v->next;
		n++;
	}
	(void)render_steps(r, at, n / MEMBERS_PER_STEP);
	return v ? v : value_missing();
}

static const struct value *element(struct template_render *r,
				   const struct value *array, size_t index,
				   size_t at)
{
	const struct value *v = array->first;
	size_t n = 0;

	while (v && n < index) {
		v = v->next;
		n++;
	}
	(void)render_steps(r, at, n / MEMBERS_PER_STEP);
	return v ? v : value_missing();
}

/* Both halves of what JavaScript counts as two are all of it. */
static const struct value *character(struct template_render *r,
				     struct slice text, size_t index, size_t at)
{
	size_t begin = 0, end, seen = 0;

	(void)render_steps(r, at, text.n / BYTES_PER_STEP);
	for (; begin < text.n; begin = end) {
		for (end = begin + 1;
		     end < text.n && (text.p[end] & 0xc0) == 0x80;)
			end++;
		seen += end - begin == 4 ? 2 : 1;
		if (seen > index)
			return value_new_text(
			    &r->arena,
			    slice_bytes(text.p + begin, end - begin));
	}
	return value_missing();
}

static const struct value *find(struct template_render *r,
				const struct value *v, const struct part *part,
				size_t at)
{
	if (v->kind == VALUE_STRING && part->index != SIZE_MAX)
		return character(r, v->text, part->index, at);
	if (v->kind == VALUE_OBJECT)
		return member(r, v, part->name, at);
	if (v->kind == VALUE_ARRAY && part->index != SIZE_MAX)
		return element(r, v, part->index, at);
	if ((v->kind == VALUE_ARRAY || v->kind == VALUE_STRING) &&
	    slice_eq_str(part->name, "length"))
		return length_of(r, v, at);
	return value_missing();
}

static const struct value *walk(struct template_render *r,
				const struct expr *expr, const struct value *v)
{
	for (size_t i = 0; i < expr->n_parts; i++)
		v = find(r, v, &expr->parts[i], expr->at);
	return v;
}

static const struct value *eval_path(struct template_render *r,
				     const struct expr *expr)
{
	const struct level *level = r->scene.level;

	if (expr->up == 0)
		return walk(r, expr, r->scene.context);
	for (size_t i = 0; i < expr->up && level; i++)
		level = level->above;
	return level ? walk(r, expr, level->context) : value_missing();
}

static const struct value *eval_name(struct template_render *r,
				     const struct expr *expr)
{
	const struct name_values *names = r->scene.names;

	for (size_t i = 0; i < expr->up && names; i++)
		names = names->above;
	if (!names || expr->index >= 2 || !names->values[expr->index])
		return value_missing();
	return walk(r, expr, names->values[expr->index]);
}

static const struct value *new_key(struct template_render *r,
				   const struct frame *frame)
{
	if (!frame->member)
		return new_index(r, frame->index);
	return value_new_text(&r->arena, frame->member->key);
}

static const struct value *data_value(struct template_render *r,
				      const struct frame *frame, size_t name)
{
	if (name == DATA_ROOT)
		return r->in->root;
	if (!frame->loop)
		return value_missing();
	switch (name) {
	case DATA_INDEX:
		return new_index(r, frame->index);
	case DATA_KEY:
		return new_key(r, frame);
	case DATA_FIRST:
		return value_bool(frame->first);
	default:
		return value_bool(frame->last);
	}
}

/* Behind @ a path ends in what is false: @root.a.b is 0 when @root.a is. So
 * does Handlebars. */
static bool goes_on(const struct value *v)
{
	return value_is_true(v) || v->kind == VALUE_ARRAY;
}

static const struct value *eval_data(struct template_render *r,
				     const struct expr *expr)
{
	const struct frame *frame = r->scene.frame;
	const struct value *v;

	for (size_t i = 0; i < expr->up && frame; i++)
		frame = frame->above;
	if (!frame)
		return value_missing();
	v = data_value(r, frame, expr->index);
	for (size_t i = 0; i < expr->n_parts && goes_on(v); i++)
		v = find(r, v, &expr->parts[i], expr->at);
	return v;
}

static bool is_index(const struct value *v)
{
	return v->kind == VALUE_WHOLE && v->whole >= 0 &&
	       (uint64_t)v->whole < SIZE_MAX;
}

/* Of what is false, itself; so does Handlebars. */
static const struct value *eval_lookup(struct template_render *r,
				       const struct expr *expr)
{
	const struct value *from = eval(r, expr->args[0], NULL);
	const struct value *name = eval(r, expr->args[1], NULL);
	struct part part = {.index = SIZE_MAX};
	uint64_t index;

	if (!goes_on(from))
		return from;
	part.name = value_text(name, &r->arena);
	if (is_index(name))
		part.index = (size_t)name->whole;
	else if (name->kind != VALUE_REAL &&
		 slice_parse_u64(part.name, &index) &&
		 (part.name.n == 1 || part.name.p[0] != '0'))
		part.index = (size_t)index;
	return find(r, from, &part, expr->at);
}

static const struct value *eval_log(struct template_render *r,
				    const struct expr *expr)
{
	for (size_t i = 0; i < expr->n_args; i++)
		(void)eval(r, expr->args[i], NULL);
	return value_null();
}

static size_t cost(const struct value *v)
{
	return v->kind == VALUE_STRING ? v->text.n / BYTES_PER_STEP : 0;
}

static const struct helper_option *
eval_options(struct template_render *r, const struct expr *expr, size_t *steps)
{
	struct helper_option *options =
	    arena_alloc(&r->arena, expr->n_options * sizeof(*options));

	for (size_t i = 0; i < expr->n_options; i++) {
		options[i].name = expr->options[i].name;
		options[i].value = eval(r, expr->options[i].value, NULL);
		*steps += cost(options[i].value);
	}
	return options;
}

static void fill_call(struct template_render *r, const struct expr *expr,
		      const struct value *last, struct helper_call *call,
		      size_t *steps)
{
	const struct value **args =
	    arena_alloc(&r->arena, (expr->n_args + 1) * sizeof(const void *));

	for (size_t i = 0; i < expr->n_args; i++) {
		args[i] = eval(r, expr->args[i], NULL);
		*steps += cost(args[i]);
	}
	args[expr->n_args] = last;
	call->args = args;
	call->n_args = expr->n_args + (last != NULL);
	call->options = eval_options(r, expr, steps);
	call->n_options = expr->n_options;
	call->arena = &r->arena;
	call->wall_ms = r->in->wall_ms;
	call->zones = r->zones;
	call->bytes_left = r->out->max - r->out->n;
}

/* as_block: its result decides, or stands, for a block. */
static const struct value *call_helper(struct template_render *r,
				       const struct expr *expr,
				       const struct value *last, bool as_block,
				       bool *raw)
{
	struct helper_call call = {.block = as_block};
	const struct value *v;
	size_t steps = 1;

	fill_call(r, expr, last, &call, &steps);
	if (r->failed || !render_steps(r, expr->at, steps))
		return value_missing();
	v = expr->helper->fn(&call);
	if (!v)
		render_fault(r, expr->at, "%s: %s", expr->helper->name,
			     call.error ? call.error : "failed");
	/* Before the next one takes as much again. */
	else if (r->arena.taken > r->limits.memory_bytes_max)
		render_fault(r, expr->at, "more than %zu bytes of memory",
			     r->limits.memory_bytes_max);
	if (raw)
		*raw = call.raw;
	return v ? v : value_missing();
}

const struct value *eval_as_block(struct template_render *r,
				  const struct expr *expr,
				  const struct value *last, bool *raw)
{
	if (expr->kind == EXPR_CALL)
		return call_helper(r, expr, last, true, raw);
	return eval(r, expr, raw);
}

const struct value *eval(struct template_render *r, const struct expr *expr,
			 bool *raw)
{
	if (r->failed)
		return value_missing();
	switch (expr->kind) {
	case EXPR_VALUE:
		return expr->value;
	case EXPR_PATH:
		return eval_path(r, expr);
	case EXPR_NAME:
		return eval_name(r, expr);
	case EXPR_DATA:
		return eval_data(r, expr);
	case EXPR_CALL:
		return call_helper(r, expr, NULL, false, raw);
	case EXPR_LOOKUP:
		return eval_lookup(r, expr);
	case EXPR_LOG:
		return eval_log(r, expr);
	}
	return value_missing();
}
