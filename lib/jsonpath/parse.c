/*
 * parse - the place in a path's text, and its numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jsonpath/parse.h"

/* 2^53 - 1, the largest number that I-JSON has exactly. */
#define INT_LIMIT 9007199254740991

bool parse_fault(struct parse *p, const char *text)
{
	p->fault->position = p->at + 1;
	p->fault->text = text;
	return false;
}

char parse_peek(const struct parse *p)
{
	return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

bool parse_take(struct parse *p, const char *token)
{
	size_t n = strlen(token);

	if (p->text.n - p->at < n || memcmp(p->text.p + p->at, token, n) != 0)
		return false;
	p->at += n;
	return true;
}

void parse_space(struct parse *p)
{
	char c = parse_peek(p);

	while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		p->at++;
		c = parse_peek(p);
	}
}

bool parse_nest(struct parse *p)
{
	if (p->nesting == JSONPATH_NESTING_MAX)
		return parse_fault(p, "it is nested too deeply");
	p->nesting++;
	return true;
}

void *parse_new(struct parse *p, size_t size)
{
	return memset(arena_alloc(p->arena, size), 0, size);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool digits(struct parse *p)
{
	size_t from = p->at;

	while (is_digit(parse_peek(p)))
		p->at++;
	return p->at > from || parse_fault(p, "a digit is missing");
}

/* Without a zero in front, unless it is all. */
static bool whole_digits(struct parse *p)
{
	size_t from = p->at;

	if (!digits(p))
		return false;
	if (p->text.p[from] != '0' || p->at == from + 1)
		return true;
	p->at = from;
	return parse_fault(p, "a number has a zero in front");
}

bool parse_int(struct parse *p, int64_t *out)
{
	size_t from = p->at;
	bool minus = parse_take(p, "-");
	size_t first = p->at;
	const char *fault = NULL;
	uint64_t n;

	if (!whole_digits(p))
		return false;
	if (!slice_parse_u64(slice_bytes(p->text.p + first, p->at - first),
			     &n) ||
	    n > INT_LIMIT)
		fault = "the number is too large";
	else if (minus && n == 0)
		fault = "-0 is no index";
	if (fault) {
		p->at = from;
		return parse_fault(p, fault);
	}
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

bool parse_number(struct parse *p, struct value *out)
{
	size_t from = p->at;

	parse_take(p, "-");
	if (!whole_digits(p) || (parse_take(p, ".") && !digits(p)))
		return false;
	if (parse_take(p, "e") || parse_take(p, "E")) {
		if (!parse_take(p, "-"))
			parse_take(p, "+");
		if (!digits(p))
			return false;
	}
	value_set_number(out, slice_bytes(p->text.p + from, p->at - from));
	return true;
}
