/*
 * escape - a printed value, as the place where it stands wants it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/escape.h"

#include <string.h>

#include "base/text.h"

static const char *html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#x27;";
	case '`':
		return "&#x60;";
	case '=':
		return "&#x3D;";
	default:
		return NULL;
	}
}

static void append_html(struct buf *out, struct slice s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *entity = html_entity(s.p[i]);

		if (!entity)
			continue;
		buf_append(out, s.p + from, i - from);
		buf_append_str(out, entity);
		from = i + 1;
	}
	buf_append(out, s.p + from, s.n - from);
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

static void append_percent(struct buf *out, struct slice s, bool form)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_unreserved(c)) {
			buf_append_char(out, (char)c);
		} else if (form && c == ' ') {
			buf_append_char(out, '+');
		} else {
			buf_append_char(out, '%');
			buf_append_char(out, digits[c >> 4]);
			buf_append_char(out, digits[c & 15]);
		}
	}
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)
/* Some byte of the word is below n, for n up to 128. */
#define HAS_BELOW(word, n) (((word)-ONES * (n)) & ~(word)&HIGH_BITS)

static bool is_plain_word(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return !((word & HIGH_BITS) | HAS_BELOW(word, 0x20) |
		 HAS_BELOW(word ^ ONES * '"', 1) |
		 HAS_BELOW(word ^ ONES * '\\', 1) |
		 HAS_BELOW(word ^ ONES * 0x7f, 1));
}

/* Most text is; eight bytes at a time. */
static bool is_plain_json(struct slice s)
{
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8)
		if (!is_plain_word(s.p + i))
			return false;
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
			return false;
	}
	return true;
}

/* Quoted, but for the quotes. */
static void append_json(struct buf *out, struct slice s)
{
	struct buf quoted;

	if (is_plain_json(s)) {
		buf_append_slice(out, s);
		return;
	}
	buf_init(&quoted, 6 * s.n + 16);
	json_quote(&quoted, s);
	if (quoted.n >= 2)
		buf_append(out, quoted.p + 1, quoted.n - 2);
	buf_fini(&quoted);
}

void escape_append(struct buf *out, struct slice s, enum template_mode mode)
{
	switch (mode) {
	case TEMPLATE_JSON:
		append_json(out, s);
		break;
	case TEMPLATE_URL:
		append_percent(out, s, false);
		break;
	case TEMPLATE_FORM:
		append_percent(out, s, true);
		break;
	case TEMPLATE_HTML:
		append_html(out, s);
		break;
	case TEMPLATE_HEADER:
	case TEMPLATE_TEXT:
		buf_append_slice(out, s);
		break;
	}
}

bool escape_has_control(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}
