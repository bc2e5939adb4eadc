/*
 * compile_block - makes steps of blocks and of partials.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A block that keeps the context is two jumps. One that changes it, and may do
 * so often, has its body right behind itself.
 */
#include "base/mem.h"
#include "template/compiler.h"

static struct op *op_at(const struct compiler *c, size_t op)
{
	return &c->t->ops[op];
}

/* body, and where it is not to be, inverse; op is what chooses. */
static void compile_halves(struct compiler *c, size_t op,
			   const struct body *body, const struct body *inverse)
{
	bool before = c->in_string, behind;
	size_t jump = 0;

	compile_body(c, body, false);
	behind = c->in_string;
	if (inverse)
		jump = compiler_emit(c, OP_JUMP, op_at(c, op)->at);
	op_at(c, op)->other = c->t->n_ops;
	if (inverse) {
		c->in_string = before;
		compile_body(c, inverse, false);
	}
	op_at(c, op)->end = c->t->n_ops;
	if (jump)
		op_at(c, jump)->other = c->t->n_ops;
	if (body)
		c->in_string = behind;
}

static void no_names(struct compiler *c, const struct node *node)
{
	const struct call *call = node->call;

	if (call->n_names > 0)
		compiler_fault(c, node->at, "{{#%.*s}} has no block parameters",
			       SLICE_FMT(call->callee->text));
}

static void one_arg(struct compiler *c, const struct node *node)
{
	const struct call *call = node->call;

	if (call->n_args != 1)
		compiler_fault(c, node->at, "#%.*s takes 1 argument",
			       SLICE_FMT(call->callee->text));
}

static const struct expr *option(struct compiler *c, const struct call *call,
				 const char *name)
{
	for (size_t i = 0; i < call->n_pairs; i++) {
		if (slice_eq_str(call->pairs[i].name, name))
			return compile_term(c, call->pairs[i].value);
	}
	return NULL;
}

/* By the truth of expr, which is what zero is about. */
static void compile_choice(struct compiler *c, const struct node *node,
			   const struct expr *expr, const struct expr *zero,
			   bool negate)
{
	size_t op = compiler_emit(c, OP_IF, node->at);

	no_names(c, node);
	op_at(c, op)->expr = expr;
	op_at(c, op)->zero = zero;
	op_at(c, op)->negate = negate;
	compile_halves(c, op, node->body, node->inverse);
}

static void compile_if(struct compiler *c, const struct node *node, bool unless)
{
	one_arg(c, node);
	if (!c->failed)
		compile_choice(c, node, compile_term(c, node->call->args[0]),
			       option(c, node->call, "includeZero"), unless);
}

static void compile_helper_choice(struct compiler *c, const struct node *node,
				  const struct helper *helper)
{
	const struct expr *expr =
	    compile_helper(c, node->call, helper, node->at, true);
	size_t op = c->t->n_ops;

	compile_choice(c, node, expr, NULL, false);
	op_at(c, op)->called = true;
}

/* What changes the context. */
static void compile_inner(struct compiler *c, const struct node *node,
			  enum op_kind kind, const struct expr *expr)
{
	const struct call *call = node->call;
	struct names names = {call->names, call->n_names, c->names};
	const struct names *above = c->names;
	size_t op = compiler_emit(c, kind, node->at);
	bool before = c->in_string;

	op_at(c, op)->expr = expr;
	op_at(c, op)->names = call->n_names > 0;
	if (call->n_names > 0)
		c->names = &names;
	compile_body(c, node->body, true);
	c->names = above;
	op_at(c, op)->other = c->t->n_ops;
	if (node->inverse) {
		bool behind = c->in_string;

		c->in_string = before;
		compile_body(c, node->inverse, false);
		if (node->body)
			c->in_string = behind;
	}
	op_at(c, op)->end = c->t->n_ops;
}

static void compile_filter(struct compiler *c, const struct node *node,
			   const struct helper *helper)
{
	const struct expr *expr =
	    compile_helper(c, node->call, helper, node->at, true);
	size_t op = compiler_emit(c, OP_FILTER, node->at);

	no_names(c, node);
	if (node->inverse)
		compiler_fault(c, node->at, "{{#%s}} has no {{else}}",
			       helper->name);
	op_at(c, op)->expr = expr;
	compile_body(c, node->body, false);
	op_at(c, op)->end = c->t->n_ops;
}

static void compile_builtin(struct compiler *c, const struct node *node,
			    enum builtin builtin)
{
	switch (builtin) {
	case BUILTIN_IF:
	case BUILTIN_UNLESS:
		compile_if(c, node, builtin == BUILTIN_UNLESS);
		return;
	case BUILTIN_EACH:
	case BUILTIN_WITH:
		one_arg(c, node);
		if (!c->failed)
			compile_inner(c, node,
				      builtin == BUILTIN_EACH ? OP_EACH
							      : OP_WITH,
				      compile_term(c, node->call->args[0]));
		return;
	default:
		compiler_fault(c, node->at, "%.*s is no block",
			       SLICE_FMT(node->call->callee->text));
	}
}

/* A name that is no helper: what it is decides. */
static void compile_section(struct compiler *c, const struct node *node)
{
	const struct call *call = node->call;

	if (node->raw) {
		compile_body(c, node->body, false);
		return;
	}
	if (call->n_args > 0 || call->n_pairs > 0) {
		compile_no_helper(c, call);
		return;
	}
	compile_inner(c, node, OP_SECTION,
		      compile_call(c, call, node->at, false));
}

void compile_block(struct compiler *c, const struct node *node)
{
	struct target target = compile_target(c, node->call);

	if (target.builtin)
		compile_builtin(c, node, target.builtin);
	else if (!target.helper)
		compile_section(c, node);
	else if (target.helper->block == HELPER_TEXT)
		compile_filter(c, node, target.helper);
	else
		compile_helper_choice(c, node, target.helper);
}

static void set_partial_name(struct compiler *c, struct partial_def *def,
			     const struct term *term)
{
	struct slice name = term->text;

	if (term->kind == TERM_CALL) {
		def->dynamic = compile_term(c, term);
		return;
	}
	def->name.p = arena_alloc(&c->t->arena, name.n);
	def->name.n = name.n;
	if (name.n > 0)
		memcpy((char *)def->name.p, name.p, name.n);
}

void compile_partial(struct compiler *c, const struct node *node)
{
	struct partial_def *def = arena_alloc(&c->t->arena, sizeof(*def));
	const struct call *call = node->call;
	size_t op;

	*def = (struct partial_def){.n_options = call->n_pairs,
				    .block = node->body != NULL};
	set_partial_name(c, def, call->callee);
	if (call->n_args > 1)
		compiler_fault(c, node->at,
			       "a partial takes one context, not %zu",
			       call->n_args);
	if (call->n_args == 1)
		def->context = compile_term(c, call->args[0]);
	def->options = compile_options(c, call);
	def->indent = node->indent;
	op = compiler_emit(c, OP_PARTIAL, node->at);
	op_at(c, op)->partial = def;
	compile_body(c, node->body, true);
	op_at(c, op)->end = c->t->n_ops;
}

/* Their steps stand before the body, which jumps over them. A block parameter
 * from around is not seen in them. */
static void compile_inline(struct compiler *c, const struct node *node,
			   struct inline_def *def)
{
	const struct names *names = c->names;
	const struct call *call = node->call;
	bool in_string = c->in_string;
	struct slice name;

	if (!slice_eq_str(call->callee->text, "inline"))
		compiler_fault(c, node->at,
			       "there is no decorator named %.*s, only inline",
			       SLICE_FMT(call->callee->text));
	else if (call->n_args != 1 || call->args[0]->kind != TERM_STRING)
		compiler_fault(c, node->at,
			       "an inline partial has a string for a name");
	if (c->failed)
		return;
	name = call->args[0]->text;
	def->name = slice_bytes(arena_alloc(&c->t->arena, name.n), name.n);
	if (name.n > 0)
		memcpy((char *)def->name.p, name.p, name.n);
	def->begin = c->t->n_ops;
	c->names = NULL;
	compile_body(c, node->body, true);
	c->names = names;
	c->in_string = in_string;
	def->end = c->t->n_ops;
}

bool compile_scope(struct compiler *c, const struct body *body,
		   bool own_context)
{
	struct scope_def *def;
	size_t n = 0, op;

	for (const struct node *node = body->first; node; node = node->next)
		n += node->kind == NODE_INLINE;
	if (n == 0)
		return false;
	def = arena_alloc(&c->t->arena, sizeof(*def));
	def->partials = arena_alloc(&c->t->arena, n * sizeof(*def->partials));
	def->own_context = own_context;
	def->n = 0;
	op = compiler_emit(c, OP_SCOPE, body->first->at);
	op_at(c, op)->scope = def;
	for (const struct node *node = body->first; node && !c->failed;
	     node = node->next) {
		if (node->kind == NODE_INLINE)
			compile_inline(c, node, &def->partials[def->n++]);
	}
	op_at(c, op)->other = c->t->n_ops;
	return true;
}
