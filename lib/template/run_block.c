/*
 * run_block - blocks: #if, #each, #with, sections, and helpers around text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/run.h"

#include "template/values.h"

/* What a program is run with; unset: as around it. */
struct around {
	const struct value *context;
	const struct data *data;
	const struct value *params[2];
};

static bool same(const struct value *a, const struct value *b)
{
	return a == b || (a->kind == b->kind && value_is_scalar(a) &&
			  a->kind != VALUE_OBJECT && value_equal(a, b));
}

/* A context that is another than the one around it is one to go up from. */
static bool run_inner(struct run *run, const struct frame *frame,
		      const struct program *program,
		      const struct around *around)
{
	struct frame inner = {
	    .outer = frame,
	    .context = frame->context,
	    .data = around->data ? around->data : frame->data,
	    .partial_block = frame->partial_block,
	    .params = {around->params[0], around->params[1]},
	};
	struct context pushed;

	if (!program)
		return true;
	if (around->context && !same(around->context, frame->context->value)) {
		pushed = (struct context){around->context, frame->context};
		inner.context = &pushed;
	}
	return run_program(run, &inner, program);
}

static bool run_plain(struct run *run, const struct frame *frame,
		      const struct program *program)
{
	const struct around around = {.context = NULL};

	return run_inner(run, frame, program, &around);
}

/* As #if and #with have it: 0 is something. */
static bool is_empty(const struct value *v)
{
	return !value_is_true(v) && v->kind != VALUE_WHOLE &&
	       v->kind != VALUE_REAL;
}

static bool run_if(struct run *run, const struct frame *frame,
		   const struct node *n, bool wanted)
{
	const struct value *v = run_expr(run, frame, n->expr->args[0]), *zero;
	bool holds;

	if (!v)
		return false;
	holds = value_is_true(v);
	if (!holds && !is_empty(v) &&
	    run_option(run, frame, n->expr, "includeZero", &zero))
		holds = value_is_true(zero) || zero->kind == VALUE_ARRAY;
	if (run->failed)
		return false;
	return run_plain(run, frame, holds == wanted ? n->program : n->inverse);
}

static bool run_with(struct run *run, const struct frame *frame,
		     const struct node *n)
{
	const struct value *v = run_expr(run, frame, n->expr->args[0]);
	const struct around around = {.context = v, .params = {v, NULL}};

	if (!v)
		return false;
	if (is_empty(v))
		return run_plain(run, frame, n->inverse);
	return run_inner(run, frame, n->program, &around);
}

/* ---- each ---- */

static const struct value *key_of(struct run *run, const struct value *list,
				  const struct value *item, size_t i)
{
	if (list->kind == VALUE_OBJECT)
		return value_new_text(run->arena, item->key);
	return value_new_number(run->arena, (double)i);
}

static bool run_items(struct run *run, const struct frame *frame,
		      const struct node *n, const struct value *list)
{
	struct data data = {.has = true, .up = frame->data};
	size_t i = 0;

	for (const struct value *item = list->first; item;
	     item = item->next, i++) {
		struct around around = {.context = item, .data = &data};

		if (!run_step(run, n->place))
			return false;
		data.index = value_new_number(run->arena, (double)i);
		data.key = key_of(run, list, item, i);
		data.first = i == 0;
		data.last = !item->next;
		around.params[0] = item;
		around.params[1] = data.key;
		if (!run_inner(run, frame, n->program, &around))
			return false;
	}
	return true;
}

static bool is_list(const struct value *v)
{
	return v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT;
}

static bool run_each(struct run *run, const struct frame *frame,
		     const struct node *n, const struct value *list)
{
	if (!list)
		return false;
	if (!is_list(list) || !list->first)
		return run_plain(run, frame, n->inverse);
	return run_items(run, frame, n, list);
}

/* ---- sections and helpers ---- */

static bool run_section(struct run *run, const struct frame *frame,
			const struct node *n)
{
	const struct value *v = run_expr(run, frame, n->expr);
	const struct around around = {.context = v};

	if (!v)
		return false;
	if (v->kind == VALUE_TRUE)
		return run_plain(run, frame, n->program);
	if (v->kind == VALUE_NULL || v->kind == VALUE_FALSE)
		return run_plain(run, frame, n->inverse);
	if (v->kind == VALUE_ARRAY)
		return run_each(run, frame, n, v);
	return run_inner(run, frame, n->program, &around);
}

static bool run_text(struct run *run, const struct frame *frame,
		     const struct node *n)
{
	struct buf own, *before;
	const struct value *v;
	struct slice text;
	bool ok;

	run_gather(run, &own, &before);
	ok = run_plain(run, frame, n->program);
	text = run_gathered(run, &own, before);
	if (!ok)
		return false;
	v = run_call(run, frame, n->expr, value_new_text(run->arena, text),
		     NULL);
	if (!v)
		return false;
	buf_append_slice(run->out, value_text(v, run->arena));
	return true;
}

static bool run_helper(struct run *run, const struct frame *frame,
		       const struct node *n)
{
	const struct value *v;

	if (n->expr->helper->block == HELPER_TEXT)
		return run_text(run, frame, n);
	v = run_call(run, frame, n->expr, NULL, NULL);
	if (!v)
		return false;
	return run_plain(run, frame,
			 value_is_true(v) ? n->program : n->inverse);
}

bool run_block(struct run *run, const struct frame *frame, const struct node *n)
{
	switch (n->block) {
	case BLOCK_IF:
		return run_if(run, frame, n, true);
	case BLOCK_UNLESS:
		return run_if(run, frame, n, false);
	case BLOCK_EACH:
		return run_each(run, frame, n,
				run_expr(run, frame, n->expr->args[0]));
	case BLOCK_WITH:
		return run_with(run, frame, n);
	case BLOCK_SECTION:
		return run_section(run, frame, n);
	case BLOCK_HELPER:
		return run_helper(run, frame, n);
	case BLOCK_RAW:
		return run_plain(run, frame, n->program);
	case BLOCK_LOG:
	case BLOCK_INLINE:
		break;
	}
	return true;
}
