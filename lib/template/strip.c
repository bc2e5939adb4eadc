/*
 * strip - takes white space off the texts of a tree.
 * SPDX-License-Identifier: Apache-2.0
 *
 * This follows Handlebars step by step, in what looks odd too: templates that
 * were tried there print the same here.
 */
#include "template/strip.h"

#include "template/space.h"

/* What a tag may strip, or what may stand on a line of its own. */
struct found {
	bool open, close;
	bool open_alone, close_alone, alone;
};

/* Of the white space a text begins with: whether a line ends in it, or, where
 * that counts as well, the text. */
static bool line_ends(struct slice s, bool or_text)
{
	size_t n;

	for (; (n = space_first(s)) > 0; s = slice_bytes(s.p + n, s.n - n)) {
		if (s.p[0] == '\n')
			return true;
	}
	return or_text && s.n == 0;
}

static bool line_begins(struct slice s, bool or_text)
{
	size_t n;

	for (; (n = space_last(s)) > 0; s.n -= n) {
		if (s.p[s.n - 1] == '\n')
			return true;
	}
	return or_text && s.n == 0;
}

/* before is what stands in front of a tag; NULL: nothing does. */
static bool is_line_before(const struct node *before, bool root)
{
	if (!before)
		return root;
	return before->kind == NODE_TEXT &&
	       line_begins(before->original, root && !before->prev);
}

static bool is_line_behind(const struct node *behind, bool root)
{
	if (!behind)
		return root;
	return behind->kind == NODE_TEXT &&
	       line_ends(behind->original, root && !behind->next);
}

/* At the front of a text: all white space, or the rest of a line. */
static void strip_front(struct node *text, bool all)
{
	struct slice s;
	size_t before;

	if (!text || text->kind != NODE_TEXT || (!all && text->right_stripped))
		return;
	s = text->text;
	before = s.n;
	if (all) {
		s = space_skip(s);
	} else {
		while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
			s = slice_bytes(s.p + 1, s.n - 1);
		if (s.n > 1 && s.p[0] == '\r' && s.p[1] == '\n')
			s = slice_bytes(s.p + 2, s.n - 2);
		else if (s.n > 0 && (*s.p == '\r' || *s.p == '\n'))
			s = slice_bytes(s.p + 1, s.n - 1);
	}
	text->text = s;
	text->right_stripped = s.n != before;
}

/* At the end; true: something went. */
static bool strip_end(struct node *text, bool all)
{
	struct slice s;

	if (!text || text->kind != NODE_TEXT || (!all && text->left_stripped))
		return false;
	s = text->text;
	if (all)
		s = space_trim_end(s);
	else
		while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
			s.n--;
	text->left_stripped = s.n != text->text.n;
	text->text = s;
	return text->left_stripped;
}

static void strip_body(struct body *body, bool root);

/* Around the {{else}} of a block. */
static void strip_inverse(const struct node *block, struct body *body,
			  struct body *first, struct body *last)
{
	if (block->inverse_strip.open)
		strip_end(body->last, true);
	if (block->inverse_strip.close)
		strip_front(first->first, true);
	if (block->close_strip.open)
		strip_end(last->last, true);
	if (is_line_before(body->last, false) &&
	    is_line_behind(first->first, false)) {
		strip_end(body->last, false);
		strip_front(first->first, false);
	}
}

static struct found strip_block(struct node *block)
{
	struct body *body = block->body ? block->body : block->inverse;
	struct body *inverse = block->body ? block->inverse : NULL;
	struct body *first = inverse, *last = inverse;
	struct found found = {.open = block->strip.open,
			      .close = block->close_strip.close};

	if (block->body)
		strip_body(block->body, false);
	if (block->inverse)
		strip_body(block->inverse, false);
	if (inverse && inverse->chained) {
		first = inverse->first->body;
		while (last->chained)
			last = last->last->body;
	}
	found.open_alone = is_line_behind(body->first, false);
	found.close_alone = is_line_before((first ? first : body)->last, false);
	if (block->strip.close)
		strip_front(body->first, true);
	if (inverse)
		strip_inverse(block, body, first, last);
	else if (block->close_strip.open)
		strip_end(body->last, true);
	return found;
}

static struct found strip_node(struct node *node)
{
	switch (node->kind) {
	case NODE_TEXT:
		return (struct found){0};
	case NODE_BLOCK:
	case NODE_INLINE:
	case NODE_PARTIAL_BLOCK:
		return strip_block(node);
	default:
		return (struct found){.open = node->strip.open,
				      .close = node->strip.close,
				      .alone = node->kind != NODE_PRINT};
	}
}

/* What a partial prints is moved to the right as it was itself. */
static struct slice indent_of(const struct node *text)
{
	struct slice s = text->original;
	size_t n = 0;

	while (n < s.n && (s.p[s.n - 1 - n] == ' ' || s.p[s.n - 1 - n] == '\t'))
		n++;
	return slice_bytes(s.p + s.n - n, n);
}

static void strip_line(struct node *node, const struct found *found, bool root)
{
	bool before = is_line_before(node->prev, root);
	bool behind = is_line_behind(node->next, root);
	struct body *body = node->body ? node->body : node->inverse;
	struct body *last = node->inverse ? node->inverse : node->body;

	if (found->close)
		strip_front(node->next, true);
	if (found->open)
		strip_end(node->prev, true);
	if (found->alone && before && behind) {
		strip_front(node->next, false);
		if (strip_end(node->prev, false) && node->kind == NODE_PARTIAL)
			node->indent = indent_of(node->prev);
	}
	if (found->open_alone && before) {
		strip_front(body->first, false);
		strip_end(node->prev, false);
	}
	if (found->close_alone && behind) {
		strip_front(node->next, false);
		strip_end(last->last, false);
	}
}

static void strip_body(struct body *body, bool root)
{
	for (struct node *node = body->first; node; node = node->next) {
		struct found found = strip_node(node);

		if (node->kind != NODE_TEXT)
			strip_line(node, &found, root);
	}
}

void strip_template(struct body *root)
{
	strip_body(root, true);
}
