/*
 * scan - the characters and words of a template.
 * SPDX-License-Identifier: Apache-2.0
 *
 * After the lexer of Handlebars 4.7: what may be in a name and behind it.
 */
#include "template/scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void scan_init(struct scan *s, struct slice in, struct arena *arena,
	       struct template_fault *fault)
{
	*s = (struct scan){.in = in, .line = 1, .arena = arena, .fault = fault};
}

struct place scan_place(struct scan *s, size_t at)
{
	if (at < s->counted) {
		s->counted = s->line_at = 0;
		s->line = 1;
	}
	for (; s->counted < at && s->counted < s->in.n; s->counted++) {
		if (s->in.p[s->counted] != '\n')
			continue;
		s->line++;
		s->line_at = s->counted + 1;
	}
	return (struct place){s->line, (uint32_t)(at - s->line_at + 1)};
}

bool scan_fail(struct scan *s, size_t at, const char *fmt, ...)
{
	struct place place = scan_place(s, at);
	va_list ap;

	if (s->failed)
		return false;
	s->failed = true;
	s->fault->line = place.line;
	s->fault->column = place.column;
	va_start(ap, fmt);
	vsnprintf(s->fault->text, sizeof(s->fault->text), fmt, ap);
	va_end(ap);
	s->at = s->in.n;
	return false;
}

bool scan_is_end(const struct scan *s)
{
	return s->at >= s->in.n;
}

char scan_peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->in.n ? s->in.p[s->at + ahead] : '\0';
}

bool scan_looks_at(const struct scan *s, const char *text)
{
	size_t n = strlen(text);

	return s->in.n - s->at >= n && memcmp(s->in.p + s->at, text, n) == 0;
}

bool scan_take(struct scan *s, const char *text)
{
	if (!scan_looks_at(s, text))
		return false;
	s->at += strlen(text);
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void scan_spaces(struct scan *s)
{
	while (!scan_is_end(s) && is_space(s->in.p[s->at]))
		s->at++;
}

static bool is_name_char(char c)
{
	return c != '\0' && !is_space(c) &&
	       !strchr("!\"#%&'()*+,./;<=>@[\\]^`{|}~", c);
}

/* What may stand behind a name. */
static bool ends_name(char c, bool literal)
{
	if (c == '}' || c == '~' || c == ')' || is_space(c))
		return true;
	return !literal &&
	       (c == '=' || c == '/' || c == '.' || c == ']' || c == '|');
}

static bool scan_bracketed(struct scan *s, struct slice *name)
{
	size_t from = s->at++, n = 0;
	char *out = arena_alloc(s->arena, s->in.n - from + 1);

	while (scan_peek(s, 0) != ']') {
		if (scan_is_end(s))
			return scan_fail(s, from, "\"[\" is not closed");
		if (scan_peek(s, 0) == '\\' &&
		    (scan_peek(s, 1) == ']' || scan_peek(s, 1) == '\\'))
			s->at++;
		out[n++] = s->in.p[s->at++];
	}
	s->at++;
	*name = slice_bytes(out, n);
	return true;
}

bool scan_name(struct scan *s, struct slice *name, bool *bracketed)
{
	size_t from = s->at;

	*bracketed = scan_peek(s, 0) == '[';
	if (*bracketed)
		return scan_bracketed(s, name);
	if (scan_take(s, "..") ||
	    (scan_peek(s, 0) == '.' && ends_name(scan_peek(s, 1), false) &&
	     scan_take(s, "."))) {
		*name = slice_bytes(s->in.p + from, s->at - from);
		return true;
	}
	while (is_name_char(scan_peek(s, 0)))
		s->at++;
	if (s->at > from && !scan_is_end(s) &&
	    ends_name(scan_peek(s, 0), false)) {
		*name = slice_bytes(s->in.p + from, s->at - from);
		return true;
	}
	s->at = from;
	return false;
}

bool scan_string(struct scan *s, struct slice *text)
{
	size_t from = s->at, n = 0;
	char quote = scan_peek(s, 0), *out;

	if (quote != '"' && quote != '\'')
		return false;
	out = arena_alloc(s->arena, s->in.n - from);
	for (s->at++; scan_peek(s, 0) != quote; s->at++) {
		if (scan_is_end(s))
			return scan_fail(s, from, "a text is not closed");
		if (scan_peek(s, 0) == '\\' && scan_peek(s, 1) == quote)
			s->at++;
		out[n++] = s->in.p[s->at];
	}
	s->at++;
	*text = slice_bytes(out, n);
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool scan_number(struct scan *s, struct slice *text)
{
	size_t from = s->at;

	if (scan_peek(s, 0) == '-')
		s->at++;
	while (is_digit(scan_peek(s, 0)))
		s->at++;
	if (scan_peek(s, 0) == '.' && is_digit(scan_peek(s, 1))) {
		s->at++;
		while (is_digit(scan_peek(s, 0)))
			s->at++;
	}
	if (s->at > from && is_digit(s->in.p[s->at - 1]) &&
	    ends_name(scan_peek(s, 0), true)) {
		*text = slice_bytes(s->in.p + from, s->at - from);
		return true;
	}
	s->at = from;
	return false;
}

bool scan_word(struct scan *s, const char *word)
{
	size_t from = s->at;

	if (scan_take(s, word) && ends_name(scan_peek(s, 0), true))
		return true;
	s->at = from;
	return false;
}
