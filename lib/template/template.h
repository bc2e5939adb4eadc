/*
 * template - Handlebars templates: compiled once, rendered often.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The language is Handlebars' (docs/templates.md), the helpers are our own
 * (helper.h). A template knows where its output goes, and escapes what {{ }}
 * prints for that place. No template can hang, crash or grow a process: depth,
 * steps and output are bounded.
 */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "filter/value.h"

#define TEMPLATE_BYTES_MAX (256u * 1024)
/* Of blocks in one another, of expressions and of partials. */
#define TEMPLATE_DEPTH_MAX 64
#define TEMPLATE_PARAMS_MAX 64
#define TEMPLATE_STEPS_MAX 200000

enum template_mode {
	/* Within a JSON text: as the content of a string. What is an array or
	 * an object is printed as JSON, so {"event": {{event}}} is good. */
	TEMPLATE_JSON,
	TEMPLATE_URL,  /* a part of a URL: all but A-Za-z0-9-._~ is %XX */
	TEMPLATE_FORM, /* the same, with + for a space */
	TEMPLATE_HTML, /* as Handlebars does */
	/* As it is; a control character ends the rendering. */
	TEMPLATE_HEADER,
	TEMPLATE_TEXT /* as it is */
};

struct template_fault {
	size_t line, column; /* from 1 */
	char text[160];
};

struct template;
struct template_render;

/* NULL with the fault. The source is copied. */
struct template *template_compile(struct slice source, enum template_mode mode,
				  struct template_fault *fault);
void template_free(struct template **t);
/* It has nothing to fill in. */
bool template_is_constant(const struct template *t);

struct template_input {
	const struct value *root;
	bool fail_on_missing; /* a field that {{ }} prints must be there */
	uint64_t wall_ms;     /* what {{now}} is */
};

/* Memory for renderings, one after the other. */
struct template_render *template_render_new(void);
void template_render_free(struct template_render **r);
/* Appends; false with the fault, and what was appended means nothing. A full
 * buffer is a fault. */
bool template_render(struct template_render *r, const struct template *t,
		     const struct template_input *in, struct buf *out,
		     struct template_fault *fault);

#endif
