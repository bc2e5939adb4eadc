/*
 * iregexp_map - writes an I-Regexp (RFC 9485) as PCRE2 wants it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Goes by the RFC's grammar, so that nothing of what only PCRE2 has gets there.
 */
#include "base/text.h"
#include "jsonpath/iregexp.h"

struct map {
	struct slice text;
	size_t at;
	unsigned nesting;
	struct buf *out;
};

static bool branches(struct map *m);

/* 0 at the end: a NUL in a pattern is told from it by at. */
static char peek(const struct map *m)
{
	return m->at < m->text.n ? m->text.p[m->at] : '\0';
}

static bool at_end(const struct map *m)
{
	return m->at == m->text.n;
}

static bool take(struct map *m, char c)
{
	if (at_end(m) || peek(m) != c)
		return false;
	m->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters and digits stand for themselves, and so do the bytes of others. */
static void put(struct map *m, char c)
{
	unsigned char u = (unsigned char)c;

	if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    u >= 0x80)
		buf_append_char(m->out, c);
	else
		buf_printf(m->out, "\\x{%02x}", u);
}

/* \p{Lu} and \P{Lu}; m is behind the p. */
static bool category(struct map *m, char p)
{
	static const char *const kinds[] = {
	    "Lultmo", "Mnce", "Ndlo", "Pcdseifo", "Zslp", "Smcko", "Ccfon"};
	char major, minor = '\0';

	if (!take(m, '{') || at_end(m))
		return false;
	major = m->text.p[m->at++];
	if (!at_end(m) && peek(m) != '}')
		minor = m->text.p[m->at++];
	if (!take(m, '}'))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i][0] != major ||
		    (minor && !strchr(kinds[i] + 1, minor)))
			continue;
		buf_printf(m->out, "\\%c{%c", p, major);
		if (minor)
			buf_append_char(m->out, minor);
		buf_append_char(m->out, '}');
		return true;
	}
	return false;
}

/* m is behind the backslash. */
static bool single_escape(struct map *m)
{
	char c = peek(m);

	if (at_end(m) || !c || !strchr("()*+-.?[\\]^nrt{|}", c))
		return false;
	m->at++;
	if (c == 'n' || c == 'r' || c == 't')
		buf_printf(m->out, "\\%c", c);
	else
		put(m, c);
	return true;
}

static bool escape(struct map *m)
{
	char c = peek(m);

	if (c != 'p' && c != 'P')
		return single_escape(m);
	m->at++;
	return category(m, c);
}

/* One character of a class, with the bytes that go on with it. */
static bool class_char(struct map *m)
{
	if (take(m, '\\'))
		return single_escape(m);
	if (at_end(m) || peek(m) == '-' || peek(m) == '[' || peek(m) == ']')
		return false;
	do
		put(m, m->text.p[m->at++]);
	while (((unsigned char)peek(m) & 0xc0) == 0x80);
	return true;
}

/* A character, a range of them, or a category. */
static bool class_part(struct map *m)
{
	size_t left = m->text.n - m->at;
	const char *p = m->text.p + m->at;

	if (left > 1 && p[0] == '\\' && (p[1] == 'p' || p[1] == 'P')) {
		m->at++;
		return escape(m);
	}
	if (!class_char(m))
		return false;
	/* A hyphen before the bracket is one for itself. */
	if (peek(m) != '-' ||
	    (m->at + 1 < m->text.n && m->text.p[m->at + 1] == ']'))
		return true;
	m->at++;
	buf_append_char(m->out, '-');
	return class_char(m);
}

/* m is behind the bracket. */
static bool class(struct map *m)
{
	bool any = false;

	buf_append_char(m->out, '[');
	if (take(m, '^'))
		buf_append_char(m->out, '^');
	if (take(m, '-')) {
		put(m, '-');
		any = true;
	}
	while (!at_end(m) && peek(m) != ']' && peek(m) != '-') {
		if (!class_part(m))
			return false;
		any = true;
	}
	if (any && take(m, '-'))
		put(m, '-');
	buf_append_char(m->out, ']');
	return any && take(m, ']');
}

/* m is behind the parenthesis. */
static bool group(struct map *m)
{
	bool ok;

	if (++m->nesting > IREGEXP_NESTING_MAX)
		return false;
	buf_append_str(m->out, "(?:");
	ok = branches(m) && take(m, ')');
	buf_append_char(m->out, ')');
	m->nesting--;
	return ok;
}

static bool atom(struct map *m)
{
	char c = m->text.p[m->at++];

	switch (c) {
	case '(':
		return group(m);
	case '[':
		return class(m);
	case '\\':
		return escape(m);
	case '.':
		buf_append_str(m->out, "[^\\n\\r]");
		return true;
	case '*':
	case '+':
	case '?':
	case ']':
	case '{':
	case '}':
		return false;
	default:
		put(m, c);
		while (((unsigned char)peek(m) & 0xc0) == 0x80)
			put(m, m->text.p[m->at++]);
		return true;
	}
}

static bool digits(struct map *m)
{
	size_t from = m->at;
	struct slice all;
	uint64_t n;

	while (is_digit(peek(m)))
		m->at++;
	all = slice_bytes(m->text.p + from, m->at - from);
	buf_append_slice(m->out, all);
	return slice_parse_u64(all, &n) && n <= IREGEXP_REPEAT_MAX;
}

/* m is behind the brace. */
static bool repeat(struct map *m)
{
	buf_append_char(m->out, '{');
	if (!digits(m))
		return false;
	if (take(m, ',')) {
		buf_append_char(m->out, ',');
		if (peek(m) != '}' && !digits(m))
			return false;
	}
	buf_append_char(m->out, '}');
	return take(m, '}');
}

static bool quantifier(struct map *m)
{
	char c = peek(m);

	if (take(m, '{'))
		return repeat(m);
	if (c == '*' || c == '+' || c == '?') {
		m->at++;
		buf_append_char(m->out, c);
	}
	return true;
}

static bool branches(struct map *m)
{
	while (!at_end(m) && peek(m) != ')') {
		if (take(m, '|'))
			buf_append_char(m->out, '|');
		else if (!atom(m) || !quantifier(m))
			return false;
	}
	return true;
}

bool iregexp_map(struct slice pattern, struct buf *out)
{
	struct map m = {.text = pattern, .out = out};

	return slice_is_utf8(pattern) && branches(&m) && at_end(&m);
}
