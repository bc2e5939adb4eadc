/*
 * renderer - what the parts of a rendering share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private to render.c, eval.c, blocks.c and partials.c. What a body sees lies
 * on the stack of who runs it, and nobody keeps it longer.
 */
#ifndef TEMPLATE_RENDERER_H
#define TEMPLATE_RENDERER_H

#include "template/program.h"

/* The contexts that .. leads to. */
struct level {
	const struct value *context;
	const struct level *above;
};

/* The block parameters of one block. */
struct name_values {
	const struct value *values[2];
	const struct name_values *above;
};

/* The block of a partial, {{> @partial-block}} there. */
struct partial_block {
	size_t begin, end;
	const struct level *level;
	const struct name_values *names;
	const struct partial_block *outer;
};

/* What the data names are. */
struct frame {
	const struct frame *above;
	bool loop; /* within an #each */
	bool first, last;
	size_t index;
	const struct value *member; /* NULL: an element, its key is its index */
	const struct partial_block *block;
};

struct scope {
	const struct scope_def *def;
	const struct level *level; /* of its partials */
	const struct scope *above;
};

struct scene {
	const struct value *context;
	const struct level *level;
	const struct level *outer; /* the level that is around this body */
	const struct name_values *names;
	const struct frame *frame;
	const struct scope *scope;
};

struct template_render {
	struct arena arena;
	struct zones *zones; /* owned */
	struct template_limits limits;
	/* Of the rendering. */
	const struct template *t;
	const struct template_input *in;
	struct buf *out;
	struct template_fault *fault;
	struct scene scene;
	size_t depth, steps_left;
	bool failed;
};

/* The first fault stays. */
void render_fault(struct template_render *r, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Counts work; false: there was too much of it, a fault. */
bool render_steps(struct template_render *r, size_t at, size_t n);
/* Steps begin up to end, in the scene, and back to the one before. */
void render_body(struct template_render *r, size_t begin, size_t end,
		 const struct scene *scene, size_t at);
/* A value as it is printed here. */
void render_value(struct template_render *r, const struct op *op,
		  const struct value *v, bool escaped);

/* Never NULL. Escaped already, where raw is set; raw may be NULL. */
const struct value *eval(struct template_render *r, const struct expr *expr,
			 bool *raw);
/* For a block: of a helper it says so, and last, unless NULL, is one more
 * argument behind the others. */
const struct value *eval_as_block(struct template_render *r,
				  const struct expr *expr,
				  const struct value *last, bool *raw);

/* Each returns where the rendering goes on. */
size_t block_if(struct template_render *r, size_t pc);
size_t block_each(struct template_render *r, size_t pc);
size_t block_with(struct template_render *r, size_t pc);
size_t block_section(struct template_render *r, size_t pc);
size_t block_filter(struct template_render *r, size_t pc);
/* Puts the context below those that are there, unless it is the last of them;
 * room is the caller's and lives as long as the scene. */
void block_enter(const struct template_render *r, struct scene *scene,
		 const struct value *context, struct level *room);

void partial_call(struct template_render *r, size_t pc);
void partial_enter_scope(struct template_render *r, const struct op *op);
void partial_leave_scope(struct template_render *r);

#endif
