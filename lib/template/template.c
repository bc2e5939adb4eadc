/*
 * template - compiles templates.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "template/parser.h"

/* Whether what is printed at the end of the text stands in a string of JSON. */
static bool quotes(struct slice text, bool within)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\' && within)
			i++;
		else if (text.p[i] == '"')
			within = !within;
	}
	return within;
}

/* Through all of it in the order of the text: both sides of a block are taken
 * to begin alike. */
static bool find_quotes(struct program *program, bool within)
{
	for (struct node *n = program->first; n; n = n->next) {
		bool begin = within;

		if (n->kind == NODE_TEXT)
			within = quotes(n->text, within);
		n->quoted = within;
		if (n->program)
			within = find_quotes(n->program,
					     n->block != BLOCK_INLINE && begin);
		if (n->inverse)
			within = find_quotes(n->inverse, begin);
		if (n->kind == NODE_BLOCK && n->block == BLOCK_INLINE)
			within = begin;
	}
	return within;
}

static void fail(struct template_fault *fault, const char *text)
{
	*fault = (struct template_fault){.line = 1, .column = 1};
	snprintf(fault->text, sizeof(fault->text), "%s", text);
}

static struct slice copy(struct arena *arena, struct slice source)
{
	char *p = arena_alloc(arena, source.n + 1);

	if (source.n > 0)
		memcpy(p, source.p, source.n);
	return slice_bytes(p, source.n);
}

struct template *template_compile(struct slice source, enum template_mode mode,
				  struct template_fault *fault)
{
	struct parser p = {.constant = true};
	struct template *t;

	if (source.n > TEMPLATE_BYTES_MAX) {
		fail(fault, "a template of more than 256 KiB");
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->mode = mode;
	p.template = t;
	scan_init(&p.scan, copy(&t->arena, source), &t->arena, fault);
	t->root = parse_template(&p);
	if (!t->root) {
		template_free(&t);
		return NULL;
	}
	strip_template(t->root);
	find_quotes(t->root, false);
	t->constant = p.constant;
	return t;
}

void template_free(struct template **t)
{
	if (!*t)
		return;
	arena_fini(&(*t)->arena);
	free(*t);
	*t = NULL;
}

bool template_is_constant(const struct template *t)
{
	return t->constant;
}
