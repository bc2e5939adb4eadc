/*
 * run - one rendering under way: what its parts share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEMPLATE_RUN_H
#define TEMPLATE_RUN_H

#include "base/buf.h"
#include "template/tree.h"

/* The contexts that ../ goes up through. */
struct context {
	const struct value *value;
	const struct context *up;
};

/* A block that was given to a partial, with where it was written. */
struct closure {
	const struct program *program;
	const struct frame *frame;
	const struct closure *before; /* what @partial-block is within it */
};

struct data {
	const struct value *index, *key; /* NULL: there is none */
	bool has, first, last;
	const struct data *up;
};

/* One run of a program; they lie on the C stack. */
struct frame {
	const struct frame *outer; /* of the program around it in the text */
	const struct context *context;
	const struct data *data;
	const struct closure *partial_block;
	const struct value *params[2];
};

/* Inline partials that can be called now. */
struct scope {
	const struct inline_partial *partials;
	const struct frame *frame; /* of the program that defines them */
	const struct scope *outer;
};

struct run {
	const struct template *template;
	const struct template_input *in;
	struct arena *arena;
	struct zones *zones;
	struct buf *out;
	const struct scope *scope;
	struct template_fault *fault;
	size_t steps, depth;
	bool failed;
};

/* False: it has failed, with the fault. */
bool run_fail(struct run *run, struct place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* One more step; false: too many. */
bool run_step(struct run *run, struct place place);

/* NULL: it has failed. */
const struct value *run_expr(struct run *run, const struct frame *frame,
			     const struct expr *e);
/* A helper's call; text: of its block, NULL without one. raw is NULL where it
 * is a block's. */
const struct value *run_call(struct run *run, const struct frame *frame,
			     const struct expr *e, const struct value *text,
			     bool *raw);
/* False: it is not given. */
bool run_option(struct run *run, const struct frame *frame,
		const struct expr *e, const char *name,
		const struct value **value);

bool run_program(struct run *run, const struct frame *frame,
		 const struct program *program);
bool run_block(struct run *run, const struct frame *frame,
	       const struct node *n);
bool run_partial(struct run *run, const struct frame *frame,
		 const struct node *n);

/* What is printed from here on is gathered, up to run_gathered(), which gives
 * it in the arena. */
void run_gather(struct run *run, struct buf *own, struct buf **before);
struct slice run_gathered(struct run *run, struct buf *own, struct buf *before);

#endif
