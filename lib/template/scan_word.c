/*
 * scan_word - what stands inside of a mustache: names, strings, numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/scan_word.h"

#include "base/mem.h"
#include "template/space.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool scan_is_word(struct slice s, size_t at)
{
	char c = at < s.n ? s.p[at] : ' ';

	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

size_t scan_name_bytes(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] &&
	       !strchr("!\"#%&'()*+,./;<=>@[\\]^`{|}~", s.p[n]) &&
	       !space_first(slice_bytes(s.p + n, s.n - n)))
		n++;
	return n;
}

/* Whether one of the characters, or white space, is there. */
static bool stops(struct slice s, size_t at, const char *characters)
{
	if (at >= s.n || s.p[at] == 0)
		return false;
	return strchr(characters, s.p[at]) ||
	       space_first(slice_bytes(s.p + at, s.n - at));
}

static bool stops_name(struct slice s, size_t at)
{
	return stops(s, at, "=~}/.)|");
}

static bool stops_literal(struct slice s, size_t at)
{
	return stops(s, at, "~})");
}

static void take(struct scan *s, struct token *token, enum token_kind kind,
		 size_t n)
{
	token->kind = kind;
	token->text = slice_bytes(s->source.p + s->at, n);
	s->at += n;
}

/* Without the backslashes that stand before one of these. */
static struct slice unescape(struct scan *s, struct slice text,
			     const char *escaped)
{
	char *copy, *p;

	if (text.n == 0 || !memchr(text.p, '\\', text.n))
		return text;
	p = copy = arena_alloc(s->arena, text.n);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n &&
		    strchr(escaped, text.p[i + 1]))
			i++;
		*p++ = text.p[i];
	}
	return slice_bytes(copy, (size_t)(p - copy));
}

/* From an opening character to the closing one, which a backslash makes an
 * ordinary one: unless no other closes it. */
static void scan_quoted(struct scan *s, struct token *token,
			enum token_kind kind, char close, const char *escaped)
{
	struct slice rest = scan_rest(s);
	size_t n = 1, last = 0;

	for (; n < rest.n && rest.p[n] != close; n++) {
		if (rest.p[n] == '\\' && n + 1 < rest.n &&
		    rest.p[n + 1] == close)
			last = ++n;
	}
	if (n >= rest.n)
		n = last;
	if (n == 0) {
		scan_fault(token, kind == TOKEN_STRING
				      ? "a string is not closed"
				      : "a [name] is not closed");
		return;
	}
	take(s, token, kind, n + 1);
	token->text = unescape(s, slice_bytes(rest.p + 1, n - 1), escaped);
}

static size_t number_bytes(struct slice s)
{
	size_t n = s.n > 0 && s.p[0] == '-', begin = n;

	while (n < s.n && is_digit(s.p[n]))
		n++;
	if (n == begin)
		return 0;
	if (n + 1 < s.n && s.p[n] == '.' && is_digit(s.p[n + 1])) {
		for (n++; n < s.n && is_digit(s.p[n]);)
			n++;
	}
	return stops_literal(s, n) ? n : 0;
}

/* Behind a separator everything is a name: items.0, a.true. */
static bool scan_literal(struct scan *s, struct token *token)
{
	static const struct {
		const char *text;
		enum token_kind kind;
	} words[] = {{"true", TOKEN_TRUE},
		     {"false", TOKEN_FALSE},
		     {"undefined", TOKEN_UNDEFINED},
		     {"null", TOKEN_NULL}};
	struct slice rest = scan_rest(s);
	size_t n;

	if (s->behind_sep)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		n = strlen(words[i].text);
		if (scan_begins(rest, words[i].text) &&
		    stops_literal(rest, n)) {
			take(s, token, words[i].kind, n);
			return true;
		}
	}
	n = number_bytes(rest);
	if (n > 0)
		take(s, token, TOKEN_NUMBER, n);
	return n > 0;
}

/* as | */
static size_t as_bytes(struct slice rest)
{
	struct slice bar;

	if (!scan_begins(rest, "as"))
		return 0;
	bar = space_skip(slice_bytes(rest.p + 2, rest.n - 2));
	if (bar.p == rest.p + 2 || !scan_begins(bar, "|"))
		return 0;
	return (size_t)(bar.p - rest.p) + 1;
}

static void scan_name(struct scan *s, struct token *token)
{
	struct slice rest = scan_rest(s);
	size_t n = as_bytes(rest);

	if (n > 0) {
		take(s, token, TOKEN_AS, n);
		return;
	}
	n = scan_name_bytes(rest);
	if (n > 0 && stops_name(rest, n))
		take(s, token, TOKEN_NAME, n);
	else if (n == rest.n)
		scan_unclosed(s, token);
	else
		scan_fault(token, "a character that means nothing here");
}

static void scan_dot(struct scan *s, struct token *token)
{
	struct slice rest = scan_rest(s);

	if (scan_begins(rest, ".."))
		take(s, token, TOKEN_NAME, 2);
	else if (rest.p[0] == '.' && stops_name(rest, 1))
		take(s, token, TOKEN_NAME, 1);
	else
		take(s, token, TOKEN_SEP, 1);
}

void scan_word(struct scan *s, struct token *token)
{
	switch (s->source.p[s->at]) {
	case '(':
		take(s, token, TOKEN_OPEN_CALL, 1);
		return;
	case ')':
		take(s, token, TOKEN_CLOSE_CALL, 1);
		return;
	case '=':
		take(s, token, TOKEN_EQUALS, 1);
		return;
	case '@':
		take(s, token, TOKEN_DATA, 1);
		return;
	case '|':
		take(s, token, TOKEN_BAR, 1);
		return;
	case '.':
	case '/':
		scan_dot(s, token);
		return;
	case '"':
		scan_quoted(s, token, TOKEN_STRING, '"', "\"");
		return;
	case '\'':
		scan_quoted(s, token, TOKEN_STRING, '\'', "'");
		return;
	case '[':
		scan_quoted(s, token, TOKEN_SEGMENT, ']', "]\\");
		return;
	default:
		if (!scan_literal(s, token))
			scan_name(s, token);
	}
}
