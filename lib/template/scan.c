/*
 * scan - cuts a template into tokens: text, comments, and what opens.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rules are those of Handlebars 4.7. One is kinder: where two braces close
 * a mustache a third one is text, because JSON is full of closing braces.
 */
#include "template/scan.h"

#include "base/mem.h"
#include "template/scan_word.h"
#include "template/space.h"

void scan_init(struct scan *s, struct slice source, struct arena *arena)
{
	*s = (struct scan){.source = source, .arena = arena};
}

struct slice scan_rest(const struct scan *s)
{
	return slice_bytes(s->source.p + s->at, s->source.n - s->at);
}

bool scan_begins(struct slice s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

void scan_fault(struct token *token, const char *text)
{
	token->kind = TOKEN_FAULT;
	token->text = slice_of(text);
}

void scan_unclosed(const struct scan *s, struct token *token)
{
	token->at = s->opened;
	scan_fault(token, "a mustache is not closed");
}

static struct slice from(struct slice s, size_t n)
{
	return slice_bytes(s.p + n, s.n - n);
}

/* Where it is found, else the length. */
static size_t find(struct slice s, size_t begin, const char *what)
{
	const char *p =
	    begin < s.n ? memmem(s.p + begin, s.n - begin, what, strlen(what))
			: NULL;

	return p ? (size_t)(p - s.p) : s.n;
}

static void take(struct scan *s, struct token *token, enum token_kind kind,
		 size_t n)
{
	token->kind = kind;
	token->text = slice_bytes(s->source.p + s->at, n);
	s->at += n;
}

/* Up to the next mustache. A backslash before it makes it text, two are one
 * backslash before a mustache. False: there was no text. */
static bool scan_text(struct scan *s, struct token *token)
{
	struct slice rest = scan_rest(s);
	size_t n = find(rest, 0, "{{");

	take(s, token, TOKEN_TEXT, n);
	if (n == rest.n) {
		if (n == 0)
			token->kind = TOKEN_END;
		return true;
	}
	s->place = SCAN_MUSTACHE;
	if (n >= 1 && rest.p[n - 1] == '\\') {
		token->text.n--;
		if (n < 2 || rest.p[n - 2] != '\\')
			s->place = SCAN_ESCAPED;
	}
	return token->text.n > 0;
}

/* From an escaped mustache on. */
static void scan_escaped(struct scan *s, struct token *token)
{
	struct slice rest = scan_rest(s);
	size_t n = find(rest, 2, "{{");

	for (int i = 0; i < 2 && n < rest.n && n > 2; i++) {
		if (rest.p[n - 1] == '\\')
			n--;
	}
	s->place = SCAN_TEXT;
	take(s, token, TOKEN_TEXT, n);
}

/* {{{{/name}}}} */
static size_t raw_end(struct slice rest)
{
	size_t name, n;

	if (!scan_begins(rest, "{{{{/"))
		return 0;
	name = scan_name_bytes(from(rest, 5));
	n = 5 + name;
	return name > 0 && scan_begins(from(rest, n), "}}}}") ? n + 4 : 0;
}

static void scan_raw(struct scan *s, struct token *token)
{
	struct slice rest = scan_rest(s);
	size_t n = raw_end(rest);

	if (n > 0) {
		take(s, token, TOKEN_TEXT, n);
		if (--s->raw > 0)
			return;
		token->kind = TOKEN_END_RAW;
		token->text = slice_bytes(token->text.p + 5, n - 9);
		s->place = SCAN_TEXT;
		return;
	}
	if (scan_begins(rest, "{{{{") && rest.n > 4 && rest.p[4] != '/') {
		s->raw++;
		take(s, token, TOKEN_TEXT, 4);
		return;
	}
	n = find(rest, 1, "{{{{");
	if (n >= rest.n)
		scan_fault(token, "a raw block is not closed");
	else
		take(s, token, TOKEN_TEXT, n);
}

static void scan_comment(struct scan *s, struct token *token, size_t mark)
{
	struct slice rest = scan_rest(s);
	bool dashes = scan_begins(from(rest, mark), "!--");
	size_t n = find(rest, mark + 1, dashes ? "--" : "}}");

	while (dashes && n < rest.n && !scan_begins(from(rest, n), "--}}") &&
	       !scan_begins(from(rest, n), "--~}}"))
		n = find(rest, n + 1, "--");
	if (n >= rest.n) {
		scan_fault(token, "a comment is not closed");
		return;
	}
	n = find(rest, n, "}}") + 2;
	take(s, token, TOKEN_COMMENT, n);
	token->strip_behind = rest.p[n - 3] == '~';
	s->place = SCAN_TEXT;
}

/* What is left of a mustache that is nothing but its end; 0: more is. */
static size_t ends_here(struct slice rest, bool *strip)
{
	struct slice end = space_skip(rest);

	*strip = end.n > 0 && end.p[0] == '~';
	if (*strip)
		end = from(end, 1);
	return scan_begins(end, "}}") ? (size_t)(end.p - rest.p) + 2 : 0;
}

/* {{else}}, {{^}}, and {{else if x}}. n is how much says so. False: it is
 * something else. */
static bool scan_else(struct scan *s, struct token *token, size_t mark)
{
	struct slice rest = scan_rest(s);
	struct slice word = space_skip(from(rest, mark));
	bool hat = rest.n > mark && rest.p[mark] == '^', strip;
	size_t n, end;

	if (!hat && (!scan_begins(word, "else") || scan_is_word(word, 4)))
		return false;
	n = hat ? mark + 1 : (size_t)(word.p - rest.p) + 4;
	end = ends_here(from(rest, n), &strip);
	if (end == 0) {
		take(s, token, hat ? TOKEN_OPEN_INVERSE : TOKEN_OPEN_CHAIN, n);
		return true;
	}
	take(s, token, TOKEN_ELSE, n + end);
	token->strip_behind = strip;
	s->place = SCAN_TEXT;
	return true;
}

static void scan_open(struct scan *s, struct token *token)
{
	static const struct {
		const char *mark;
		enum token_kind kind;
		size_t braces;
	} opens[] = {
	    {">", TOKEN_OPEN_PARTIAL, 2}, {"#>", TOKEN_OPEN_PARTIAL_BLOCK, 2},
	    {"#*", TOKEN_OPEN_INLINE, 2}, {"#", TOKEN_OPEN_BLOCK, 2},
	    {"/", TOKEN_OPEN_END, 2},	  {"{", TOKEN_OPEN_PLAIN, 3},
	    {"&", TOKEN_OPEN_PLAIN, 2},	  {"*", TOKEN_OPEN_DECORATOR, 2},
	    {"", TOKEN_OPEN, 2},
	};
	struct slice rest = scan_rest(s);
	size_t mark, i = 0;

	s->braces = 4;
	if (scan_begins(rest, "{{{{")) {
		take(s, token, TOKEN_OPEN_RAW, 4);
		return;
	}
	token->strip_before = rest.n > 2 && rest.p[2] == '~';
	mark = 2 + (size_t)token->strip_before;
	s->braces = 2;
	if (mark < rest.n && rest.p[mark] == '!') {
		scan_comment(s, token, mark);
		return;
	}
	if (scan_else(s, token, mark))
		return;
	while (!scan_begins(from(rest, mark), opens[i].mark))
		i++;
	s->braces = opens[i].braces;
	take(s, token, opens[i].kind, mark + strlen(opens[i].mark));
}

/* False: something else stands here. */
static bool scan_close(struct scan *s, struct token *token)
{
	struct slice rest = scan_rest(s);
	static const char *const closes[][2] = {
	    {"}}", "~}}"}, {"}}}", "}~}}"}, {"}}}}", "}}}}"}};
	const char *const *close = closes[s->braces - 2];

	token->strip_behind = !scan_begins(rest, close[0]);
	if (token->strip_behind && !scan_begins(rest, close[1]))
		return false;
	take(s, token, TOKEN_CLOSE, strlen(close[token->strip_behind]));
	s->place = SCAN_TEXT;
	if (s->braces == 4) {
		s->place = SCAN_RAW;
		s->raw = 1;
	}
	return true;
}

static void scan_inside(struct scan *s, struct token *token)
{
	s->at = s->source.n - space_skip(scan_rest(s)).n;
	token->at = s->at;
	if (s->at == s->source.n) {
		scan_unclosed(s, token);
	} else if (scan_begins(scan_rest(s), "{{")) {
		scan_fault(token, "a mustache is opened inside of another");
	} else if (scan_close(s, token)) {
		s->behind_sep = false;
	} else {
		token->strip_behind = false;
		scan_word(s, token);
		s->behind_sep = token->kind == TOKEN_SEP;
	}
}

void scan_next(struct scan *s, struct token *token)
{
	*token = (struct token){.at = s->at};
	if (s->place == SCAN_TEXT && scan_text(s, token))
		return;
	token->at = s->at;
	if (s->place == SCAN_ESCAPED) {
		scan_escaped(s, token);
	} else if (s->place == SCAN_RAW) {
		scan_raw(s, token);
	} else if (!s->inside) {
		s->inside = true;
		s->opened = s->at;
		scan_open(s, token);
	} else {
		scan_inside(s, token);
	}
	if (s->place != SCAN_MUSTACHE)
		s->inside = false;
}
