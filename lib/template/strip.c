/*
 * strip - the white space that a template's author does not mean.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tags that stand alone on their lines take these with them, and ~ takes all
 * white space next to it. After the rules of Handlebars 4.7, its oddities
 * included, so that a template prints the same here and there.
 */
#include "template/parser.h"

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The white space at the end has a newline in it; whole: or is all there is. */
static bool ends_line(struct slice s, bool whole)
{
	size_t i = s.n;

	while (i > 0 && is_space(s.p[i - 1]))
		if (s.p[--i] == '\n')
			return true;
	return whole && i == 0;
}

static bool begins_line(struct slice s, bool whole)
{
	size_t i = 0;

	for (; i < s.n && is_space(s.p[i]); i++)
		if (s.p[i] == '\n')
			return true;
	return whole && i == s.n;
}

/* In front of n (NULL: at the program's end) there is only white space on its
 * line. */
static bool line_before(const struct program *program, const struct node *n,
			bool root)
{
	const struct node *prev = n ? n->previous : program->last;

	if (!prev)
		return root;
	return prev->kind == NODE_TEXT &&
	       ends_line(prev->original, !prev->previous && root);
}

static bool line_behind(const struct program *program, const struct node *n,
			bool root)
{
	const struct node *next = n ? n->next : program->first;

	if (!next)
		return root;
	return next->kind == NODE_TEXT &&
	       begins_line(next->original, !next->next && root);
}

/* All white space at the beginning, or up to the end of its line. */
static void omit_right(struct node *n, bool multiple)
{
	size_t i = 0;

	if (!n || n->kind != NODE_TEXT || (!multiple && n->right_stripped))
		return;
	while (i < n->text.n && multiple && is_space(n->text.p[i]))
		i++;
	while (i < n->text.n && !multiple &&
	       (n->text.p[i] == ' ' || n->text.p[i] == '\t'))
		i++;
	if (!multiple && i < n->text.n && n->text.p[i] == '\r')
		i++;
	if (!multiple && i < n->text.n && n->text.p[i] == '\n')
		i++;
	n->text = slice_bytes(n->text.p + i, n->text.n - i);
	n->right_stripped = i > 0;
}

static bool omit_left(struct node *n, bool multiple)
{
	size_t before;

	if (!n || n->kind != NODE_TEXT || (!multiple && n->left_stripped))
		return false;
	before = n->text.n;
	while (n->text.n > 0 &&
	       (multiple ? is_space(n->text.p[n->text.n - 1])
			 : n->text.p[n->text.n - 1] == ' ' ||
			       n->text.p[n->text.n - 1] == '\t'))
		n->text.n--;
	n->left_stripped = n->text.n != before;
	return n->left_stripped;
}

/* What the visit of a node says of the tags at its ends. */
struct ends {
	bool any;
	bool open, close; /* ~ */
	bool open_alone, close_alone, inline_alone;
};

static void strip_program(struct program *program, bool root);

static const struct program *first_of(const struct program *inverse)
{
	return inverse->chained ? inverse->first->program : inverse;
}

static const struct program *last_of(const struct program *inverse)
{
	return inverse->chained ? inverse->last->program : inverse;
}

static void strip_else(struct node *n, struct program *program,
		       struct program *inverse)
{
	const struct program *first = first_of(inverse);

	if (n->else_strip.open)
		omit_left(program->last, true);
	if (n->else_strip.close)
		omit_right(first->first, true);
	if (n->close_strip.open)
		omit_left(last_of(inverse)->last, true);
	if (line_before(program, NULL, false) &&
	    line_behind(first, NULL, false)) {
		omit_left(program->last, false);
		omit_right(first->first, false);
	}
}

static struct ends visit_block(struct node *n)
{
	struct program *program = n->program ? n->program : n->inverse;
	struct program *inverse = n->program ? n->inverse : NULL;
	struct ends ends = {
	    .any = true, .open = n->strip.open, .close = n->close_strip.close};

	if (n->program)
		strip_program(n->program, false);
	if (n->inverse)
		strip_program(n->inverse, false);
	ends.open_alone = line_behind(program, NULL, false);
	ends.close_alone =
	    line_before(inverse ? first_of(inverse) : program, NULL, false);
	if (n->strip.close)
		omit_right(program->first, true);
	if (inverse)
		strip_else(n, program, inverse);
	else if (n->close_strip.open)
		omit_left(program->last, true);
	return ends;
}

static struct ends visit(struct node *n)
{
	if (n->kind == NODE_TEXT)
		return (struct ends){.any = false};
	if (n->kind == NODE_BLOCK || n->program)
		return visit_block(n);
	return (struct ends){
	    .any = true,
	    .open = n->strip.open,
	    .close = n->strip.close,
	    .inline_alone = n->kind == NODE_COMMENT || n->kind == NODE_PARTIAL,
	};
}

/* What stands in front of a partial on its line stands in front of each of its
 * lines. */
static void set_indent(struct node *n, struct slice original)
{
	size_t i = original.n;

	while (i > 0 && (original.p[i - 1] == ' ' || original.p[i - 1] == '\t'))
		i--;
	n->indent = slice_bytes(original.p + i, original.n - i);
}

static void take_lines(struct node *n, const struct ends *ends, bool before,
		       bool behind)
{
	struct program *first = n->program ? n->program : n->inverse;
	struct program *last = n->inverse ? n->inverse : n->program;

	if (ends->inline_alone && before && behind) {
		omit_right(n->next, false);
		if (omit_left(n->previous, false) && n->kind == NODE_PARTIAL)
			set_indent(n, n->previous->original);
	}
	if (ends->open_alone && before) {
		omit_right(first->first, false);
		omit_left(n->previous, false);
	}
	if (ends->close_alone && behind) {
		omit_right(n->next, false);
		omit_left(last->last, false);
	}
}

static void strip_program(struct program *program, bool root)
{
	for (struct node *n = program->first; n; n = n->next) {
		struct ends ends = visit(n);
		bool before, behind;

		if (!ends.any)
			continue;
		before = line_before(program, n, root);
		behind = line_behind(program, n, root);
		if (ends.close)
			omit_right(n->next, true);
		if (ends.open)
			omit_left(n->previous, true);
		take_lines(n, &ends, before, behind);
	}
}

void strip_template(struct program *root)
{
	strip_program(root, true);
}
