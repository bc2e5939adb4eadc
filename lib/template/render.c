/*
 * render - runs the steps of a template.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "template/escape.h"
#include "template/fault.h"
#include "template/renderer.h"
#include "template/zone.h"

void render_fault(struct template_render *r, size_t at, const char *fmt, ...)
{
	char text[sizeof(r->fault->text)];
	va_list ap;

	if (r->failed)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	template_fault_set(r->fault, r->t->source, at, "%s", text);
	r->failed = true;
}

bool render_steps(struct template_render *r, size_t at, size_t n)
{
	if (r->steps_left < n)
		render_fault(r, at, "more than %zu steps", r->limits.steps_max);
	else
		r->steps_left -= n;
	return !r->failed;
}

static bool is_container(const struct value *v)
{
	return v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT;
}

void render_value(struct template_render *r, const struct op *op,
		  const struct value *v, bool escaped)
{
	bool json = r->t->mode == TEMPLATE_JSON && is_container(v);
	struct slice text =
	    json ? value_json(v, &r->arena) : value_text(v, &r->arena);

	if (r->t->mode == TEMPLATE_HEADER && escape_has_control(text))
		render_fault(r, op->at, "a control character in a header");
	else if (escaped && !(json && !op->in_string))
		escape_append(r->out, r->t->mode, text);
	else
		buf_append_slice(r->out, text);
}

static void print(struct template_render *r, const struct op *op)
{
	const struct expr *expr = op->expr;
	bool raw = false;
	const struct value *v = eval(r, expr, &raw);

	if (r->failed)
		return;
	if (v == value_missing() && r->in->fail_on_missing &&
	    (expr->kind == EXPR_PATH || expr->kind == EXPR_NAME ||
	     expr->kind == EXPR_DATA)) {
		render_fault(r, op->at, "%.*s is missing",
			     SLICE_FMT(expr->text));
		return;
	}
	render_value(r, op, v, op->escaped && !raw);
}

static void print_text(struct template_render *r, const struct op *op)
{
	if (r->t->mode == TEMPLATE_HEADER && escape_has_control(op->text))
		render_fault(r, op->at, "a control character in a header");
	else
		buf_append_slice(r->out, op->text);
}

/* Returns where it goes on. */
static size_t step(struct template_render *r, size_t pc)
{
	const struct op *op = &r->t->ops[pc];

	switch (op->kind) {
	case OP_TEXT:
		print_text(r, op);
		return pc + 1;
	case OP_PRINT:
		print(r, op);
		return pc + 1;
	case OP_IF:
		return block_if(r, pc);
	case OP_JUMP:
		return op->other;
	case OP_EACH:
		return block_each(r, pc);
	case OP_WITH:
		return block_with(r, pc);
	case OP_SECTION:
		return block_section(r, pc);
	case OP_FILTER:
		return block_filter(r, pc);
	case OP_PARTIAL:
		partial_call(r, pc);
		return op->end;
	case OP_SCOPE:
		partial_enter_scope(r, op);
		return op->other;
	case OP_LEAVE:
		partial_leave_scope(r);
	}
	return pc + 1;
}

static void check_sizes(struct template_render *r, size_t at)
{
	if (buf_full(r->out))
		render_fault(r, at, "the result has more than %zu bytes",
			     r->out->max);
	else if (r->arena.taken > r->limits.memory_bytes_max)
		render_fault(r, at, "more than %zu bytes of memory",
			     r->limits.memory_bytes_max);
}

static void run(struct template_render *r, size_t begin, size_t end)
{
	size_t pc = begin;

	while (pc < end && !r->failed) {
		size_t at = r->t->ops[pc].at;

		if (!render_steps(r, at, 1))
			return;
		pc = step(r, pc);
		check_sizes(r, at);
	}
}

void render_body(struct template_render *r, size_t begin, size_t end,
		 const struct scene *scene, size_t at)
{
	struct scene before = r->scene;

	if (r->depth == TEMPLATE_DEPTH_MAX) {
		render_fault(r, at, "nested more than %d deep",
			     TEMPLATE_DEPTH_MAX);
		return;
	}
	r->depth++;
	r->scene = *scene;
	run(r, begin, end);
	r->scene = before;
	r->depth--;
}

struct template_render *
template_render_new(const struct template_limits *limits)
{
	struct template_render *r = xcalloc(1, sizeof(*r));

	r->zones = zones_new();
	if (limits)
		r->limits = *limits;
	if (r->limits.steps_max == 0)
		r->limits.steps_max = TEMPLATE_STEPS_MAX;
	if (r->limits.memory_bytes_max == 0)
		r->limits.memory_bytes_max = TEMPLATE_MEMORY_BYTES_MAX;
	return r;
}

void template_render_free(struct template_render **r)
{
	if (!*r)
		return;
	arena_fini(&(*r)->arena);
	zones_free(&(*r)->zones);
	free(*r);
	*r = NULL;
}

bool template_render(struct template_render *r, const struct template *t,
		     const struct template_input *in, struct buf *out,
		     struct template_fault *fault)
{
	struct level root = {.context = in->root};
	struct frame frame = {0};
	size_t before = out->n;

	arena_reset(&r->arena);
	*fault = (struct template_fault){0};
	r->t = t;
	r->in = in;
	r->out = out;
	r->fault = fault;
	r->scene = (struct scene){
	    .context = in->root, .level = &root, .frame = &frame};
	r->steps_left = r->limits.steps_max;
	r->depth = 0;
	r->failed = false;
	run(r, 0, t->n_ops);
	if (r->failed)
		out->n = before;
	return !r->failed;
}
