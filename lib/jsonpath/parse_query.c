/*
 * parse_query - segments and selectors of a path.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jsonpath/parse.h"

static bool starts_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool starts_int(char c)
{
	return c == '-' || (c >= '0' && c <= '9');
}

/* A name without quotes, or a star. */
static bool shorthand(struct parse *p, struct selector **out)
{
	struct selector *s = *out = parse_new(p, sizeof(*s));
	size_t from = p->at;

	if (parse_take(p, "*")) {
		s->kind = SELECT_ALL;
		return true;
	}
	if (!starts_name(parse_peek(p)))
		return parse_fault(p, "a name is missing");
	while (starts_name(parse_peek(p)) ||
	       (parse_peek(p) >= '0' && parse_peek(p) <= '9'))
		p->at++;
	s->kind = SELECT_NAME;
	s->name = slice_bytes(p->text.p + from, p->at - from);
	return true;
}

/* What follows the first colon; space before it is taken. */
static bool slice_end(struct parse *p, struct range *r)
{
	r->step = 1;
	parse_space(p);
	if (starts_int(parse_peek(p))) {
		r->has_end = true;
		if (!parse_int(p, &r->end))
			return false;
		parse_space(p);
	}
	if (!parse_take(p, ":"))
		return true;
	parse_space(p);
	return !starts_int(parse_peek(p)) || parse_int(p, &r->step);
}

static bool index_or_slice(struct parse *p, struct selector *s)
{
	size_t behind;

	if (starts_int(parse_peek(p))) {
		s->range.has_start = true;
		if (!parse_int(p, &s->range.start))
			return false;
	}
	behind = p->at;
	parse_space(p);
	if (parse_take(p, ":")) {
		s->kind = SELECT_SLICE;
		return slice_end(p, &s->range);
	}
	p->at = behind;
	if (!s->range.has_start)
		return parse_fault(p, "a selector is missing");
	s->kind = SELECT_INDEX;
	s->index = s->range.start;
	return true;
}

static bool selector(struct parse *p, struct selector *s)
{
	char c = parse_peek(p);

	if (c == '\'' || c == '"') {
		s->kind = SELECT_NAME;
		return parse_string(p, &s->name);
	}
	if (parse_take(p, "*")) {
		s->kind = SELECT_ALL;
		return true;
	}
	if (!parse_take(p, "?"))
		return index_or_slice(p, s);
	s->kind = SELECT_FILTER;
	parse_space(p);
	return parse_filter(p, &s->filter);
}

/* Behind the bracket. */
static bool bracketed(struct parse *p, struct selector **tail)
{
	do {
		parse_space(p);
		*tail = parse_new(p, sizeof(**tail));
		if (!selector(p, *tail))
			return false;
		tail = &(*tail)->next;
		parse_space(p);
	} while (parse_take(p, ","));
	return parse_take(p, "]") || parse_fault(p, "] is missing");
}

static bool segment(struct parse *p, struct segment *s)
{
	if (parse_take(p, "["))
		return bracketed(p, &s->selectors);
	s->descendant = parse_take(p, "..");
	if (s->descendant && parse_take(p, "["))
		return bracketed(p, &s->selectors);
	if (!s->descendant)
		parse_take(p, ".");
	return shorthand(p, &s->selectors);
}

static bool is_singular(const struct segment *s)
{
	return !s->descendant && !s->selectors->next &&
	       (s->selectors->kind == SELECT_NAME ||
		s->selectors->kind == SELECT_INDEX);
}

bool parse_query(struct parse *p, struct query *out)
{
	struct segment **tail = &out->segments;
	size_t behind;

	out->relative = parse_take(p, "@");
	if (!out->relative && !parse_take(p, "$"))
		return parse_fault(p, "a path starts with $");
	out->singular = true;
	for (;;) {
		behind = p->at;
		parse_space(p);
		if (parse_peek(p) != '.' && parse_peek(p) != '[')
			break;
		*tail = parse_new(p, sizeof(**tail));
		if (!segment(p, *tail))
			return false;
		out->singular = out->singular && is_singular(*tail);
		tail = &(*tail)->next;
	}
	/* Space is of the path only between its segments. */
	p->at = behind;
	return true;
}
