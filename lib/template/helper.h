/*
 * helper - what a template may call by name, as {{upper name}} or {{#eq a b}}.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A helper is a function from values to a value. It knows nothing of the
 * template around it: the renderer evaluates its arguments, escapes what it
 * returns (unless it is said to be raw), and, where it is called as a block,
 * takes the block or its {{else}} by the truth of what it returns.
 */
#ifndef TEMPLATE_HELPER_H
#define TEMPLATE_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "filter/arena.h"
#include "filter/value.h"
#include "template/values.h"

struct zones;

struct helper_option {
	struct slice name;
	const struct value *value; /* never NULL */
};

/* One call. args and options are never NULL where they are counted; what is
 * missing in the context is a value of its own, value_missing(). */
struct helper_call {
	const struct value *const *args;
	size_t n_args;
	const struct helper_option *options; /* hash arguments: name=value */
	size_t n_options;
	struct arena *arena; /* of the rendering: results live there */
	uint64_t wall_ms;    /* what {{now}} is, the same for a whole rendering
			      */
	size_t bytes_left;   /* a result may not be larger: the renderer's limit
			      */
	/* Time zones kept from call to call (template/zone.h); NULL: each call
	 * reads its own, which takes long. */
	struct zones *zones;
	/* Called as a block. Of a HELPER_TEXT the last argument is the
	 * block's rendered text: escaped already, where the renderer does. */
	bool block;
	/* Set by the helper. */
	bool raw;	   /* the text is not escaped again */
	const char *error; /* static: the rendering ends with it */
};

/* NULL with call->error set, else the result: in the arena, an argument, or
 * one of the constants below. */
typedef const struct value *helper_fn(struct helper_call *call);

enum helper_block {
	HELPER_INLINE, /* may not be called as a block */
	HELPER_CHOICE, /* as a block: the truth of its result takes the block or
			* the else */
	HELPER_TEXT /* as a block: the block's rendered text is put behind its
		     * arguments, and its result stands for the block */
};

struct helper {
	const char *name;
	helper_fn *fn;
	uint8_t args_min, args_max; /* without a block's text; 255: any number
				     */
	enum helper_block block;
};

/* NULL: there is none of that name. */
const struct helper *helper_find(struct slice name);

/* The option of that name, NULL when it is not given. */
const struct value *helper_option(const struct helper_call *call,
				  const char *name);

#endif
