/*
 * escape - how a value may stand where a template puts it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Most bytes stay as they are, so they are copied in runs.
 */
#include "template/escape.h"

#include "base/text.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* NULL: it stays. */
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

static void escape_html(struct buf *out, struct slice text)
{
	size_t begin = 0;

	for (size_t i = 0; i < text.n; i++) {
		const char *entity = html_entity(text.p[i]);

		if (!entity)
			continue;
		buf_append(out, text.p + begin, i - begin);
		buf_append_str(out, entity);
		begin = i + 1;
	}
	buf_append(out, text.p + begin, text.n - begin);
}

/* Of the character in UTF-8 that text begins with; 0: it is none. A half of a
 * surrogate pair is none either. */
static size_t utf8_bytes(struct slice text)
{
	unsigned char c = (unsigned char)text.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return n <= text.n && slice_is_utf8(slice_bytes(text.p, n)) ? n : 0;
}

static void append_control(struct buf *out, char c)
{
	static const char short_for[] = "\bb\ff\nn\rr\tt";

	for (size_t i = 0; short_for[i]; i += 2) {
		if (short_for[i] == c) {
			buf_append_char(out, '\\');
			buf_append_char(out, short_for[i + 1]);
			return;
		}
	}
	buf_printf(out, "\\u%04x", (unsigned)c);
}

static void append_odd(struct buf *out, char c)
{
	if (c == '"' || c == '\\') {
		buf_append_char(out, '\\');
		buf_append_char(out, c);
	} else if ((unsigned char)c < 0x20) {
		append_control(out, c);
	} else {
		buf_append_str(out, REPLACEMENT);
	}
}

/* Most characters: not escaped, and of one byte. */
static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 &&
	       c != '"' && c != '\\';
}

static void escape_json(struct buf *out, struct slice text)
{
	size_t begin = 0, i = 0;

	while (i < text.n) {
		size_t n = 0;

		if (is_plain(text.p[i])) {
			i++;
			continue;
		}
		if (text.p[i] & 0x80)
			n = utf8_bytes(slice_bytes(text.p + i, text.n - i));
		if (n == 0) {
			buf_append(out, text.p + begin, i - begin);
			append_odd(out, text.p[i]);
			begin = i + 1;
		}
		i += n ? n : 1;
	}
	buf_append(out, text.p + begin, text.n - begin);
}

static void escape_form(struct buf *out, struct slice text)
{
	while (text.n > 0) {
		const char *space = memchr(text.p, ' ', text.n);
		size_t n = space ? (size_t)(space - text.p) : text.n;

		percent_encode(out, slice_bytes(text.p, n));
		if (!space)
			return;
		buf_append_char(out, '+');
		text = slice_bytes(text.p + n + 1, text.n - n - 1);
	}
}

void escape_append(struct buf *out, enum template_mode mode, struct slice text)
{
	switch (mode) {
	case TEMPLATE_JSON:
		escape_json(out, text);
		return;
	case TEMPLATE_URL:
		percent_encode(out, text);
		return;
	case TEMPLATE_FORM:
		escape_form(out, text);
		return;
	case TEMPLATE_HTML:
		escape_html(out, text);
		return;
	case TEMPLATE_HEADER:
	case TEMPLATE_TEXT:
		buf_append_slice(out, text);
	}
}

bool escape_has_control(struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			return true;
	}
	return false;
}
