/*
 * compile - makes a program of a template.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "template/compiler.h"
#include "template/fault.h"
#include "template/parse.h"
#include "template/strip.h"

#define FIRST_OPS 16

void compiler_fault(struct compiler *c, size_t at, const char *fmt, ...)
{
	char text[sizeof(c->fault->text)];
	va_list ap;

	if (c->failed)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	template_fault_set(c->fault, c->t->source, at, "%s", text);
	c->failed = true;
}

size_t compiler_emit(struct compiler *c, enum op_kind kind, size_t at)
{
	struct template *t = c->t;

	if (t->n_ops == t->ops_size) {
		t->ops_size = t->ops_size ? 2 * t->ops_size : FIRST_OPS;
		t->ops = xrealloc(t->ops, t->ops_size * sizeof(*t->ops));
	}
	t->ops[t->n_ops] =
	    (struct op){.kind = kind, .at = at, .in_string = c->in_string};
	return t->n_ops++;
}

/* A quote begins a string or ends it, unless a backslash stands before it. */
static bool ends_in_string(struct slice text, bool in_string)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			in_string = !in_string;
		else if (text.p[i] == '\\' && in_string)
			i++;
	}
	return in_string;
}

static void compile_text(struct compiler *c, const struct node *node)
{
	size_t op;

	if (node->text.n == 0)
		return;
	op = compiler_emit(c, OP_TEXT, node->at);
	c->t->ops[op].text = node->text;
	c->in_string = ends_in_string(node->text, c->in_string);
}

static void compile_print(struct compiler *c, const struct node *node)
{
	const struct expr *expr = compile_call(c, node->call, node->at, false);
	size_t op = compiler_emit(c, OP_PRINT, node->at);

	c->t->ops[op].expr = expr;
	c->t->ops[op].escaped = node->escaped;
}

static void compile_node(struct compiler *c, const struct node *node)
{
	switch (node->kind) {
	case NODE_TEXT:
		compile_text(c, node);
		break;
	case NODE_PRINT:
		compile_print(c, node);
		break;
	case NODE_BLOCK:
		compile_block(c, node);
		break;
	case NODE_PARTIAL:
	case NODE_PARTIAL_BLOCK:
		compile_partial(c, node);
		break;
	case NODE_COMMENT:
	case NODE_INLINE:
		break;
	}
}

void compile_body(struct compiler *c, const struct body *body, bool own_context)
{
	bool scope;

	if (!body)
		return;
	scope = compile_scope(c, body, own_context);
	for (const struct node *n = body->first; n && !c->failed; n = n->next)
		compile_node(c, n);
	if (scope)
		compiler_emit(c, OP_LEAVE, 0);
}

static bool compile(struct template *t, struct template_fault *fault)
{
	struct compiler c = {.t = t, .fault = fault};
	struct arena tree = {0};
	struct body *root = parse_template(t->source, &tree, fault);

	c.failed = !root;
	if (root) {
		strip_template(root);
		compile_body(&c, root, true);
	}
	arena_fini(&tree);
	return !c.failed;
}

struct template *template_compile(struct slice source, enum template_mode mode,
				  struct template_fault *fault)
{
	struct template *t = xcalloc(1, sizeof(*t));
	size_t n = source.n < TEMPLATE_SOURCE_BYTES_MAX
		       ? source.n
		       : TEMPLATE_SOURCE_BYTES_MAX;
	char *copy = arena_alloc(&t->arena, n);

	*fault = (struct template_fault){0};
	if (n > 0)
		memcpy(copy, source.p, n);
	t->source = slice_bytes(copy, n);
	t->mode = mode;
	if (source.n > n)
		template_fault_set(fault, t->source, n,
				   "a template of more than %zu bytes", n);
	if (source.n > n || !compile(t, fault))
		template_free(&t);
	return t;
}

void template_free(struct template **t)
{
	if (!*t)
		return;
	free((*t)->ops);
	arena_fini(&(*t)->arena);
	free(*t);
	*t = NULL;
}

bool template_is_constant(const struct template *t)
{
	for (size_t i = 0; i < t->n_ops; i++) {
		if (t->ops[i].kind != OP_TEXT)
			return false;
	}
	return true;
}
