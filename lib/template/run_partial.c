/*
 * run_partial - inline partials and the blocks that are given to them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A partial sees the contexts and parameters of where it was written, and the
 * data of where it is called.
 */
#include "template/run.h"

#include <string.h>

#include "template/values.h"

/* Of one call. */
struct partial {
	const struct program *program;
	const struct frame *frame; /* of where it was written */
	const struct context *up;  /* what ../ is; NULL: nothing */
	const struct closure *block;
	const struct value *context;
};

static bool run_there(struct run *run, const struct frame *frame,
		      const struct partial *partial)
{
	const struct context *up = partial->up;
	const struct context pushed = {partial->context, up};
	const struct frame inner = {
	    .outer = partial->frame,
	    .context = up && partial->context == up->value ? up : &pushed,
	    .data = frame->data,
	    .partial_block = partial->block,
	};

	return run_program(run, &inner, partial->program);
}

/* ---- its context ---- */

static void add(struct run *run, struct value *object, struct value **last,
		struct slice key, const struct value *v)
{
	struct value *copy = arena_alloc(run->arena, sizeof(*copy));

	*copy = *v;
	copy->key = key;
	copy->next = NULL;
	if (*last)
		(*last)->next = copy;
	else
		object->first = copy;
	*last = copy;
}

static bool is_option(const struct expr *e, struct slice key)
{
	for (size_t i = 0; i < e->n_options; i++)
		if (slice_eq(e->options[i].name, key))
			return true;
	return false;
}

/* With the options on top of what is there. */
static const struct value *merge(struct run *run, const struct frame *frame,
				 const struct expr *e,
				 const struct value *context)
{
	struct value *object = arena_alloc(run->arena, sizeof(*object));
	const struct value *v;
	struct value *last = NULL;

	*object = (struct value){.kind = VALUE_OBJECT};
	if (context->kind == VALUE_OBJECT) {
		for (v = context->first; v; v = v->next) {
			run->steps++;
			if (!is_option(e, v->key))
				add(run, object, &last, v->key, v);
		}
	}
	for (size_t i = 0; i < e->n_options; i++) {
		v = run_expr(run, frame, e->options[i].value);
		if (!v)
			return NULL;
		add(run, object, &last, e->options[i].name, v);
	}
	return object;
}

static const struct value *
context_of(struct run *run, const struct frame *frame, const struct node *n)
{
	const struct value *v = frame->context->value;

	if (n->context)
		v = run_expr(run, frame, n->context);
	/* A computed name has no options of its own. */
	if (v && n->name.n > 0 && n->expr->n_options > 0)
		v = merge(run, frame, n->expr, v);
	return v;
}

/* ---- which it is ---- */

static bool find(const struct run *run, struct slice name,
		 struct partial *partial)
{
	for (const struct scope *s = run->scope; s; s = s->outer) {
		for (const struct inline_partial *p = s->partials; p;
		     p = p->next) {
			if (!slice_eq(p->name, name))
				continue;
			partial->program = p->program;
			partial->frame = s->frame;
			/* As Handlebars has it: not what is around the
			 * partial, but what is around that. */
			if (s->frame->outer)
				partial->up = s->frame->outer->context;
			return true;
		}
	}
	return false;
}

static bool name_of(struct run *run, const struct frame *frame,
		    const struct node *n, struct slice *name)
{
	const struct value *v;

	*name = n->name;
	if (n->name.n > 0)
		return true;
	v = run_expr(run, frame, n->expr);
	if (!v)
		return false;
	*name = value_text(v, run->arena);
	return true;
}

static bool not_found(struct run *run, const struct node *n, struct slice name)
{
	return run_fail(run, n->place, "there is no partial named \"%.*s\"",
			(int)(name.n < 64 ? name.n : 64), name.p);
}

/* {{> @partial-block}} */
static bool run_given(struct run *run, const struct frame *frame,
		      const struct node *n, struct partial *partial)
{
	const struct closure *given = frame->partial_block;

	if (!given)
		return run_fail(run, n->place, "there is no block here");
	partial->program = given->program;
	partial->frame = given->frame;
	partial->up = given->frame->context;
	partial->block = given->before;
	return run_there(run, frame, partial);
}

static bool run_named(struct run *run, const struct frame *frame,
		      const struct node *n, struct partial *partial)
{
	const struct closure own = {n->program, frame, frame->partial_block};
	const struct scope scope = {n->program ? n->program->partials : NULL,
				    frame, run->scope};
	struct slice name;
	bool ok;

	if (!name_of(run, frame, n, &name))
		return false;
	partial->block = n->program ? &own : frame->partial_block;
	if (n->program)
		run->scope = &scope;
	if (find(run, name, partial)) {
		ok = run_there(run, frame, partial);
	} else if (n->program) {
		partial->program = n->program;
		partial->frame = frame;
		partial->up = frame->context;
		partial->block = frame->partial_block;
		ok = run_there(run, frame, partial);
	} else {
		ok = not_found(run, n, name);
	}
	run->scope = scope.outer;
	return ok;
}

static void indent_lines(struct run *run, struct slice text,
			 struct slice indent)
{
	while (text.n > 0) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) + 1 : text.n;

		buf_append_slice(run->out, indent);
		buf_append(run->out, text.p, n);
		text = slice_bytes(text.p + n, text.n - n);
	}
}

bool run_partial(struct run *run, const struct frame *frame,
		 const struct node *n)
{
	struct partial partial = {.context = context_of(run, frame, n)};
	struct buf own, *before;
	struct slice text;
	bool ok;

	if (!partial.context)
		return false;
	if (n->indent.n > 0)
		run_gather(run, &own, &before);
	ok = n->partial_block ? run_given(run, frame, n, &partial)
			      : run_named(run, frame, n, &partial);
	if (n->indent.n == 0)
		return ok;
	text = run_gathered(run, &own, before);
	if (ok)
		indent_lines(run, text, n->indent);
	return ok;
}
