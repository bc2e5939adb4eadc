/*
 * render - a template and a context become text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/mem.h"
#include "template/escape.h"
#include "template/run.h"
#include "template/values.h"
#include "template/zone.h"

struct template_render {
	struct arena arena;
	struct zones *zones; /* owned */
};

struct template_render *template_render_new(void)
{
	struct template_render *r = xcalloc(1, sizeof(*r));

	r->zones = zones_new();
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

void run_gather(struct run *run, struct buf *own, struct buf **before)
{
	*before = run->out;
	buf_init(own, run->out->max - run->out->n);
	run->out = own;
}

struct slice run_gathered(struct run *run, struct buf *own, struct buf *before)
{
	run->out = before;
	if (buf_full(own))
		before->full = true;
	return value_keep(run->arena, own);
}

/* ---- what is printed ---- */

/* Arrays and objects are JSON in JSON. */
static struct slice text_of(struct run *run, const struct value *v)
{
	bool list = v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT;

	if (list && run->template->mode == TEMPLATE_JSON)
		return value_json(v, run->arena);
	return value_text(v, run->arena);
}

static bool print(struct run *run, const struct node *n, const struct value *v,
		  bool raw)
{
	enum template_mode mode = run->template->mode;
	struct slice text = text_of(run, v);
	bool list = v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT;

	if (mode == TEMPLATE_HEADER && escape_has_control(text))
		return run_fail(run, n->place,
				"a header may not hold a control character");
	if (list && mode == TEMPLATE_JSON && !n->quoted)
		raw = true;
	if (raw)
		buf_append_slice(run->out, text);
	else
		escape_append(run->out, text, mode);
	return true;
}

static bool run_output(struct run *run, const struct frame *frame,
		       const struct node *n)
{
	const struct value *v;
	bool raw = n->raw, of_helper = false;

	if (n->expr->kind == EXPR_HELPER)
		v = run_call(run, frame, n->expr, NULL, &of_helper);
	else
		v = run_expr(run, frame, n->expr);
	if (!v)
		return false;
	if (v == value_missing() && n->expr->kind == EXPR_PATH &&
	    run->in->fail_on_missing)
		return run_fail(run, n->place, "%.*s is missing",
				(int)(n->expr->path.text.n < 100
					  ? n->expr->path.text.n
					  : 100),
				n->expr->path.text.p);
	if (v->kind == VALUE_NULL)
		return true;
	return print(run, n, v, raw || of_helper);
}

static bool run_node(struct run *run, const struct frame *frame,
		     const struct node *n)
{
	switch (n->kind) {
	case NODE_TEXT:
		buf_append_slice(run->out, n->text);
		return true;
	case NODE_COMMENT:
		return true;
	case NODE_OUTPUT:
		return run_output(run, frame, n);
	case NODE_BLOCK:
		return run_block(run, frame, n);
	case NODE_PARTIAL:
		return run_partial(run, frame, n);
	}
	return true;
}

static bool run_nodes(struct run *run, const struct frame *frame,
		      const struct program *program)
{
	for (const struct node *n = program->first; n; n = n->next) {
		if (!run_step(run, n->place) || !run_node(run, frame, n))
			return false;
		if (buf_full(run->out))
			return run_fail(run, n->place,
					"the result is too large");
	}
	return true;
}

bool run_program(struct run *run, const struct frame *frame,
		 const struct program *program)
{
	const struct scope scope = {program->partials, frame, run->scope};
	struct place place = {1, 1};
	bool ok;

	if (program->first)
		place = program->first->place;
	if (++run->depth > TEMPLATE_DEPTH_MAX)
		return run_fail(run, place, "nested deeper than %d levels",
				TEMPLATE_DEPTH_MAX);
	if (program->partials)
		run->scope = &scope;
	ok = run_nodes(run, frame, program);
	run->scope = scope.outer;
	run->depth--;
	return ok;
}

bool template_render(struct template_render *r, const struct template *t,
		     const struct template_input *in, struct buf *out,
		     struct template_fault *fault)
{
	const struct context context = {in->root, NULL};
	const struct frame frame = {.context = &context};
	struct run run = {
	    .template = t,
	    .in = in,
	    .arena = &r->arena,
	    .zones = r->zones,
	    .out = out,
	    .fault = fault,
	};

	arena_reset(&r->arena);
	return run_program(&run, &frame, t->root);
}
