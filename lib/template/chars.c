/*
 * chars - texts by their Unicode characters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/chars.h"

#include <glib.h>

static gunichar decode(struct slice text, size_t n)
{
	unsigned char lead = (unsigned char)text.p[0];
	gunichar c;

	if (lead < 0x80)
		return lead;
	c = g_utf8_get_char_validated(text.p, (gssize)n);
	return (gint32)c < 0 ? 0xfffd : c;
}

size_t chars_first(struct slice text)
{
	unsigned char lead = text.n > 0 ? (unsigned char)text.p[0] : 0;
	size_t n = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (n == 1 || text.n == 0)
		return text.n > 0;
	return n <= text.n && slice_is_utf8(slice_bytes(text.p, n)) ? n : 1;
}

static struct slice behind(struct slice text, size_t n)
{
	return slice_bytes(text.p + n, text.n - n);
}

size_t chars_count(struct slice text)
{
	size_t count = 0;

	for (; text.n > 0; count++)
		text = behind(text, chars_first(text));
	return count;
}

size_t chars_bytes(struct slice text, size_t n)
{
	size_t all = text.n;

	for (; n > 0 && text.n > 0; n--)
		text = behind(text, chars_first(text));
	return all - text.n;
}

bool chars_is_space(struct slice text)
{
	size_t n = chars_first(text);

	return n > 0 && g_unichar_isspace(decode(text, n));
}

bool chars_is_letter(struct slice text)
{
	size_t n = chars_first(text);

	return n > 0 && g_unichar_isalpha(decode(text, n));
}

struct slice chars_trim(struct slice text)
{
	size_t end = 0, at = 0;

	while (chars_is_space(text))
		text = behind(text, chars_first(text));
	while (at < text.n) {
		struct slice rest = behind(text, at);

		at += chars_first(rest);
		if (!chars_is_space(rest))
			end = at;
	}
	return slice_bytes(text.p, end);
}

static void append_title(struct buf *out, struct slice text)
{
	size_t n = chars_first(text);
	char bytes[6];

	if (n == 0)
		return;
	if (n == 1 && (unsigned char)text.p[0] >= 0x80)
		buf_append(out, text.p, 1);
	else
		buf_append(out, bytes,
			   (size_t)g_unichar_to_utf8(
			       g_unichar_totitle(decode(text, n)), bytes));
	buf_append(out, text.p + n, text.n - n);
}

void chars_append(struct buf *out, struct slice text, enum chars_case to)
{
	if (to == CHARS_TITLE || !slice_is_utf8(text)) {
		to == CHARS_TITLE ? append_title(out, text)
				  : buf_append_slice(out, text);
		return;
	}
	while (text.n > 0 && !buf_full(out)) {
		size_t n = strnlen(text.p, text.n);
		gchar *part = to == CHARS_UPPER
				  ? g_utf8_strup(text.p, (gssize)n)
				  : g_utf8_strdown(text.p, (gssize)n);

		/* GLib ends at a NUL. */
		buf_append_str(out, part);
		g_free(part);
		if (n < text.n)
			buf_append_char(out, text.p[n++]);
		text = behind(text, n);
	}
}

void chars_capitalize(struct buf *out, struct slice text, bool fully)
{
	bool inside = false;

	while (text.n > 0 && !buf_full(out)) {
		struct slice c = slice_bytes(text.p, chars_first(text));
		bool space = chars_is_space(c);

		if (space || (inside && !fully))
			buf_append_slice(out, c);
		else
			chars_append(out, c,
				     inside ? CHARS_LOWER : CHARS_TITLE);
		inside = !space;
		text = behind(text, c.n);
	}
}
