/*
 * blocks - #if, #each, #with, sections, and helpers that work on a block.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/mem.h"
#include "template/loose.h"
#include "template/renderer.h"

void block_enter(const struct template_render *r, struct scene *scene,
		 const struct value *context, struct level *room)
{
	const struct level *level = scene->level;

	scene->context = context;
	if (!r->t->has_parents)
		return;
	scene->outer = level;
	if (level ? loose_equal(context, level->context)
		  : context->kind == VALUE_NULL)
		return;
	*room = (struct level){context, level};
	scene->level = room;
}

/* {{#if (eq a b)}} is asked as any other value; {{#eq a b}} is a block. */
size_t block_if(struct template_render *r, size_t pc)
{
	const struct op *op = &r->t->ops[pc];
	const struct value *v = op->called
				    ? eval_as_block(r, op->expr, NULL, NULL)
				    : eval(r, op->expr, NULL);
	bool is_true = value_is_true(v);

	if (!is_true && op->zero && v->kind == VALUE_WHOLE)
		is_true = value_is_true(eval(r, op->zero, NULL));
	return is_true != op->negate ? pc + 1 : op->other;
}

static void run_inner(struct template_render *r, size_t pc,
		      const struct value *context, const struct value *key,
		      const struct frame *frame)
{
	const struct op *op = &r->t->ops[pc];
	struct name_values names = {{context, key}, r->scene.names};
	struct scene scene = r->scene;
	struct level room;

	if (op->names)
		scene.names = &names;
	if (frame)
		scene.frame = frame;
	block_enter(r, &scene, context, &room);
	render_body(r, pc + 1, op->other, &scene, op->at);
}

static const struct value *key_of(struct template_render *r,
				  const struct frame *frame)
{
	struct value *v = arena_alloc(&r->arena, sizeof(*v));

	*v =
	    (struct value){.kind = VALUE_WHOLE, .whole = (int64_t)frame->index};
	if (frame->member) {
		v->kind = VALUE_STRING;
		v->text = frame->member->key;
	}
	return v;
}

static size_t each_of(struct template_render *r, size_t pc,
		      const struct value *list)
{
	const struct op *op = &r->t->ops[pc];
	struct frame frame = *r->scene.frame;
	bool object = list->kind == VALUE_OBJECT;

	if ((!object && list->kind != VALUE_ARRAY) || !list->first)
		return op->other;
	frame.above = r->scene.frame;
	frame.loop = true;
	frame.index = 0;
	for (const struct value *v = list->first; v; v = v->next) {
		if (r->failed || !render_steps(r, op->at, 1))
			break;
		frame.first = frame.index == 0;
		frame.last = !v->next;
		frame.member = object ? v : NULL;
		run_inner(r, pc, v, op->names ? key_of(r, &frame) : NULL,
			  &frame);
		frame.index++;
	}
	return op->end;
}

size_t block_each(struct template_render *r, size_t pc)
{
	return each_of(r, pc, eval(r, r->t->ops[pc].expr, NULL));
}

size_t block_with(struct template_render *r, size_t pc)
{
	const struct op *op = &r->t->ops[pc];
	const struct value *v = eval(r, op->expr, NULL);

	/* 0 is something. */
	if (!value_is_true(v) && v->kind != VALUE_WHOLE)
		return op->other;
	run_inner(r, pc, v, NULL, NULL);
	return op->end;
}

size_t block_section(struct template_render *r, size_t pc)
{
	const struct op *op = &r->t->ops[pc];
	const struct value *v = eval(r, op->expr, NULL);

	if (v->kind == VALUE_NULL || v->kind == VALUE_FALSE)
		return op->other;
	if (v->kind == VALUE_ARRAY)
		return each_of(r, pc, v);
	run_inner(r, pc, v->kind == VALUE_TRUE ? r->scene.context : v, NULL,
		  NULL);
	return op->end;
}

/* What the body printed is taken back and given to the helper. */
size_t block_filter(struct template_render *r, size_t pc)
{
	const struct op *op = &r->t->ops[pc];
	size_t before = r->out->n;
	struct scene scene = r->scene;
	const struct value *v;
	struct slice text;
	char *copy;

	render_body(r, pc + 1, op->end, &scene, op->at);
	if (r->failed || buf_full(r->out))
		return op->end;
	text.n = r->out->n - before;
	copy = arena_alloc(&r->arena, text.n);
	if (text.n > 0)
		memcpy(copy, r->out->p + before, text.n);
	text.p = copy;
	r->out->n = before;
	v = eval_as_block(r, op->expr, value_new_text(&r->arena, text), NULL);
	if (!r->failed)
		render_value(r, op, v, false);
	return op->end;
}
