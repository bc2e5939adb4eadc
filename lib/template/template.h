/*
 * template - text with values of a JSON document in it: Handlebars.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A template is compiled once and rendered many times. It knows values and
 * helpers, and how a value is escaped where it is put; it knows nothing of
 * webhooks, requests or events. docs/templates.md has the language.
 */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "filter/value.h"

#define TEMPLATE_SOURCE_BYTES_MAX ((size_t)256 * 1024)
#define TEMPLATE_DEPTH_MAX 64
#define TEMPLATE_PARAMS_MAX 64
#define TEMPLATE_STEPS_MAX 200000
#define TEMPLATE_MEMORY_BYTES_MAX ((size_t)32 * 1024 * 1024)

/* What {{ }} does to a value; {{{ }}} leaves it as it is. */
enum template_mode {
	/* The inside of a JSON string: quotes, backslashes and control
	 * characters are escaped, what is no UTF-8 is U+FFFD. An array or an
	 * object is printed as JSON: as it is outside of a string, escaped
	 * inside of one. Where a string begins and ends is counted by the
	 * quotes of the template's own text. */
	TEMPLATE_JSON,
	TEMPLATE_URL,  /* percent-encoded, all but A-Z a-z 0-9 - . _ ~ */
	TEMPLATE_FORM, /* the same, and a space is + */
	TEMPLATE_HTML, /* as Handlebars: & < > " ' ` = are entities */
	/* As it is, {{{ }}} too; a control byte in the result fails. */
	TEMPLATE_HEADER,
	TEMPLATE_TEXT /* as it is */
};

/* Where in the template, from 1, and what is wrong there. */
struct template_fault {
	size_t line, column;
	char text[160];
};

struct template;

/* NULL, with the fault set: it is none. source is copied. */
struct template *template_compile(struct slice source, enum template_mode mode,
				  struct template_fault *fault);
void template_free(struct template **t);
/* It is the same for every document. */
bool template_is_constant(const struct template *t);

struct template_limits {
	size_t steps_max;	 /* 0: TEMPLATE_STEPS_MAX */
	size_t memory_bytes_max; /* 0: TEMPLATE_MEMORY_BYTES_MAX */
};

struct template_input {
	const struct value *root; /* borrowed while it renders */
	/* {{a.b}} fails when there is no such value; null is one. What is asked
	 * for by a block or a helper may be missing. */
	bool fail_on_missing;
	uint64_t wall_ms; /* what time it is for the whole rendering */
};

/* What renders; it keeps its memory from one rendering to the next. */
struct template_render;

struct template_render *
template_render_new(const struct template_limits *limits);
void template_render_free(struct template_render **r);
/* Appends to out, whose maximum is the limit of the result. False, with the
 * fault set: it failed, and what was appended is taken back. */
bool template_render(struct template_render *r, const struct template *t,
		     const struct template_input *in, struct buf *out,
		     struct template_fault *fault);

#endif
