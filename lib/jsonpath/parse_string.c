/*
 * parse_string - the strings of a path: names, and literals of a filter.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "jsonpath/parse.h"

/* Four hexadecimal digits. */
static bool hex4(struct parse *p, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(parse_peek(p));

		if (digit < 0)
			return parse_fault(p, "\\u wants four digits");
		*out = *out << 4 | (uint32_t)digit;
		p->at++;
	}
	return true;
}

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*out++ = (char)(0xe0 | c >> 12);
		} else {
			*out++ = (char)(0xf0 | c >> 18);
			*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/* Behind \u. Half of a pair is no character. */
static bool unicode(struct parse *p, char **out)
{
	size_t from = p->at;
	uint32_t c, low;

	if (!hex4(p, &c))
		return false;
	if (c >= 0xd800 && c <= 0xdbff && parse_take(p, "\\u")) {
		if (!hex4(p, &low))
			return false;
		if (low >= 0xdc00 && low <= 0xdfff)
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	if (c >= 0xd800 && c <= 0xdfff) {
		p->at = from;
		return parse_fault(p, "half of a surrogate pair");
	}
	*out = put_utf8(*out, c);
	return true;
}

/* Behind the backslash. Of the quotes only its own may be escaped. */
static bool escaped(struct parse *p, char quote, char **out)
{
	static const char names[] = "bfnrt/\\";
	static const char bytes[] = "\b\f\n\r\t/\\";
	char c = parse_peek(p);
	const char *known = c ? strchr(names, c) : NULL;

	if (parse_take(p, "u"))
		return unicode(p, out);
	if (c != quote && !known)
		return parse_fault(p, "there is no such escape");
	p->at++;
	*(*out)++ = known ? bytes[known - names] : c;
	return true;
}

bool parse_string(struct parse *p, struct slice *out)
{
	char quote = p->text.p[p->at++];
	/* Escapes only get shorter. */
	char *text = arena_alloc(p->arena, p->text.n - p->at + 1);
	char *end = text;

	while (parse_peek(p) != quote) {
		if (p->at == p->text.n)
			return parse_fault(p, "the string does not end");
		if ((unsigned char)parse_peek(p) < 0x20)
			return parse_fault(p, "a control character");
		if (!parse_take(p, "\\"))
			*end++ = p->text.p[p->at++];
		else if (!escaped(p, quote, &end))
			return false;
	}
	p->at++;
	*out = slice_bytes(text, (size_t)(end - text));
	return true;
}
