/*
 * partials - inline partials, and the blocks that are given to partials.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A partial is found by name among those that are in scope where it is called.
 * The contexts above it are those of the place where it is written.
 */
#include "base/mem.h"
#include "template/renderer.h"

void partial_enter_scope(struct template_render *r, const struct op *op)
{
	struct scope *scope = arena_alloc(&r->arena, sizeof(*scope));

	scope->def = op->scope;
	scope->level = op->scope->own_context ? r->scene.outer : r->scene.level;
	scope->above = r->scene.scope;
	r->scene.scope = scope;
}

void partial_leave_scope(struct template_render *r)
{
	r->scene.scope = r->scene.scope->above;
}

/* NULL: there is none of that name. */
static const struct inline_def *
find(const struct scope *scope, struct slice name, const struct level **level)
{
	for (; scope; scope = scope->above) {
		/* Of two in the same place the later one counts. */
		for (size_t i = scope->def->n; i > 0; i--) {
			const struct inline_def *def =
			    &scope->def->partials[i - 1];

			*level = scope->level;
			if (slice_eq(def->name, name))
				return def;
		}
	}
	return NULL;
}

static struct value *copy_of(struct template_render *r, const struct value *v,
			     struct slice key)
{
	struct value *copy = arena_alloc(&r->arena, sizeof(*copy));

	*copy = *v;
	copy->key = key;
	copy->next = NULL;
	return copy;
}

static void set_member(struct template_render *r, struct value *object,
		       struct slice key, const struct value *v)
{
	struct value **at = &object->first;
	struct value *copy = copy_of(r, v, key);

	while (*at && !slice_eq((*at)->key, key))
		at = &(*at)->next;
	copy->next = *at ? (*at)->next : NULL;
	*at = copy;
}

static struct value *copy_members(struct template_render *r,
				  const struct value *from, size_t at)
{
	struct value *object = arena_alloc(&r->arena, sizeof(*object));
	struct value **tail = &object->first;

	*object = (struct value){.kind = VALUE_OBJECT};
	if (from->kind != VALUE_OBJECT)
		return object;
	for (const struct value *v = from->first; v; v = v->next) {
		if (!render_steps(r, at, 1))
			break;
		*tail = copy_of(r, v, v->key);
		tail = &(*tail)->next;
	}
	return object;
}

/* With options the context is a copy that has them as members. */
static const struct value *context_of(struct template_render *r,
				      const struct op *op)
{
	const struct partial_def *def = op->partial;
	const struct value *context =
	    def->context ? eval(r, def->context, NULL) : r->scene.context;
	struct value *object;

	if (def->n_options == 0)
		return context;
	object = copy_members(r, context, op->at);
	/* From the last to the first, as Handlebars: of two the first counts.
	 */
	for (size_t i = def->n_options; i > 0; i--)
		set_member(r, object, def->options[i - 1].name,
			   eval(r, def->options[i - 1].value, NULL));
	return object;
}

/* Every line of what was printed from there on, one that is empty at the end
 * excepted. */
static void indent(struct template_render *r, size_t begin, struct slice by)
{
	struct slice rest = {NULL, r->out->n - begin}, line;
	char *copy = arena_alloc(&r->arena, rest.n);

	if (rest.n == 0)
		return;
	memcpy(copy, r->out->p + begin, rest.n);
	rest.p = copy;
	r->out->n = begin;
	while (slice_cut(&rest, '\n', &line)) {
		buf_append_slice(r->out, by);
		buf_append_slice(r->out, line);
		buf_append_char(r->out, '\n');
	}
	if (rest.n > 0) {
		buf_append_slice(r->out, by);
		buf_append_slice(r->out, rest);
	}
}

/* The block that stands behind an {{#> name}}, as it may be called. */
static struct partial_block block_of(const struct template_render *r, size_t pc)
{
	return (struct partial_block){.begin = pc + 1,
				      .end = r->t->ops[pc].end,
				      .level = r->scene.level,
				      .names = r->scene.names,
				      .outer = r->scene.frame->block};
}

static void run_block(struct template_render *r, const struct op *op,
		      const struct partial_block *block,
		      const struct value *context, const struct frame *frame)
{
	struct frame inner = *frame;
	struct scene scene = r->scene;
	struct level room;

	inner.above = frame;
	inner.block = block->outer;
	scene.frame = &inner;
	scene.names = block->names;
	scene.level = block->level;
	block_enter(r, &scene, context, &room);
	render_body(r, block->begin, block->end, &scene, op->at);
}

/* The partials that stand in the block are known to what it is given to. */
static void run_inline(struct template_render *r, size_t pc,
		       const struct inline_def *def, const struct level *level,
		       const struct value *context, const struct frame *frame)
{
	const struct op *op = &r->t->ops[pc], *first = op + 1;
	struct scene scene = r->scene;
	struct scope scope;
	struct level room;

	if (op->partial->block && op->end > pc + 1 && first->kind == OP_SCOPE) {
		scope = (struct scope){first->scope, r->scene.level,
				       r->scene.scope};
		scene.scope = &scope;
	}
	scene.names = NULL;
	scene.frame = frame;
	scene.level = level;
	block_enter(r, &scene, context, &room);
	render_body(r, def->begin, def->end, &scene, op->at);
}

static void run_named(struct template_render *r, size_t pc, struct slice name,
		      const struct value *context)
{
	const struct op *op = &r->t->ops[pc];
	const struct partial_block *given = r->scene.frame->block;
	struct partial_block block = block_of(r, pc);
	const struct frame *frame = r->scene.frame;
	struct frame with_block = *frame;
	const struct level *level;
	const struct inline_def *def = find(r->scene.scope, name, &level);

	if (op->partial->block) {
		with_block.above = frame;
		with_block.block = &block;
		frame = &with_block;
	}
	if (def)
		run_inline(r, pc, def, level, context, frame);
	else if (given && slice_eq_str(name, "@partial-block"))
		run_block(r, op, given, context, frame);
	else if (op->partial->block)
		run_block(r, op, &block, context, frame);
	else
		render_fault(r, op->at, "there is no partial named %.*s",
			     SLICE_FMT(name));
}

void partial_call(struct template_render *r, size_t pc)
{
	const struct op *op = &r->t->ops[pc];
	const struct partial_def *def = op->partial;
	const struct value *context = context_of(r, op);
	struct slice name = def->name;
	size_t before = r->out->n;

	if (def->dynamic)
		name = value_text(eval(r, def->dynamic, NULL), &r->arena);
	if (r->failed)
		return;
	run_named(r, pc, name, context);
	if (def->indent.n > 0 && !r->failed)
		indent(r, before, def->indent);
}
