/*
 * compiler - what the parts of the compiler share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private to compile*.c.
 */
#ifndef TEMPLATE_COMPILER_H
#define TEMPLATE_COMPILER_H

#include "template/program.h"
#include "template/tree.h"

/* Block parameters in sight, the innermost first. */
struct names {
	const struct slice *names;
	size_t n;
	const struct names *above;
};

struct compiler {
	struct template *t;
	struct template_fault *fault;
	const struct names *names;
	bool in_string; /* of JSON, where the text is now */
	bool failed;
};

/* The first fault stays. */
void compiler_fault(struct compiler *c, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Its place; what it is about stays empty. */
size_t compiler_emit(struct compiler *c, enum op_kind kind, size_t at);

enum builtin {
	BUILTIN_NONE,
	BUILTIN_IF,
	BUILTIN_UNLESS,
	BUILTIN_EACH,
	BUILTIN_WITH,
	BUILTIN_LOOKUP,
	BUILTIN_LOG
};

/* What a call calls: one of ours, a helper, or neither. */
struct target {
	enum builtin builtin;
	const struct helper *helper;
	struct slice name;
};

struct target compile_target(const struct compiler *c, const struct call *call);

/* Never NULL. */
const struct expr *compile_term(struct compiler *c, const struct term *term);
/* Of a mustache or of what is in parentheses. */
const struct expr *compile_call(struct compiler *c, const struct call *call,
				size_t at, bool in_parentheses);
/* Of a helper, as a block or not. */
const struct expr *compile_helper(struct compiler *c, const struct call *call,
				  const struct helper *helper, size_t at,
				  bool as_block);
const struct expr_option *compile_options(struct compiler *c,
					  const struct call *call);
/* There is no helper of that name. */
void compile_no_helper(struct compiler *c, const struct call *call);

void compile_body(struct compiler *c, const struct body *body,
		  bool own_context);
void compile_block(struct compiler *c, const struct node *node);
void compile_partial(struct compiler *c, const struct node *node);
/* The OP_SCOPE of the inline partials that are in a body. False: none are. */
bool compile_scope(struct compiler *c, const struct body *body,
		   bool own_context);

#endif
