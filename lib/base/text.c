/*
 * text - the encodings of text that several modules need.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

void base64_encode(struct buf *out, struct slice in)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)in.p;
	char *to = buf_reserve(out, in.n / 3 * 4 + (in.n % 3 ? 4 : 0));

	if (!to || in.n == 0)
		return;
	for (size_t i = 0; i < in.n; i += 3) {
		size_t left = in.n - i;
		unsigned v = (unsigned)p[i] << 16;

		v |= left > 1 ? (unsigned)p[i + 1] << 8 : 0;
		v |= left > 2 ? p[i + 2] : 0;
		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[v & 63] : '=';
	}
	out->n = (size_t)(to - out->p);
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* Padding may be left out, but what is there must be right. */
static bool strip_padding(struct slice *in)
{
	size_t n = in->n;

	while (n > 0 && in->n - n < 2 && in->p[n - 1] == '=')
		n--;
	if (n != in->n && in->n % 4 != 0)
		return false;
	in->n = n;
	return n % 4 != 1;
}

static bool mixes_alphabets(struct slice in)
{
	bool standard = false, url = false;

	for (size_t i = 0; i < in.n; i++) {
		standard |= in.p[i] == '+' || in.p[i] == '/';
		url |= in.p[i] == '-' || in.p[i] == '_';
	}
	return standard && url;
}

enum err base64_decode(struct buf *out, struct slice in)
{
	unsigned bits = 0;
	int have = 0;
	char *to;

	if (!strip_padding(&in) || mixes_alphabets(in))
		return ERR_MALFORMED;
	to = buf_reserve(out, in.n / 4 * 3 + (in.n % 4 ? in.n % 4 - 1 : 0));
	if (!to)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < in.n; i++) {
		int digit = base64_digit(in.p[i]);

		if (digit < 0)
			return ERR_MALFORMED;
		bits = (bits << 6 | (unsigned)digit) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (char)(unsigned char)(bits >> have & 0xff);
		}
	}
	/* Bits left over would let two texts mean the same bytes. */
	if (bits & ((1U << have) - 1))
		return ERR_MALFORMED;
	out->n = (size_t)(to - out->p);
	return ERR_OK;
}

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void hex_encode(struct buf *out, struct slice in)
{
	char *to = in.n <= SIZE_MAX / 2 ? buf_reserve(out, in.n * 2) : NULL;

	if (!to)
		return;
	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		*to++ = hex_lower[c >> 4];
		*to++ = hex_lower[c & 15];
	}
	out->n += in.n * 2;
}

static void json_escape(struct buf *out, unsigned char c)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *s = shorts; *s; s += 2) {
		if ((unsigned char)s[0] == c) {
			buf_append(out, (char[]){'\\', s[1]}, 2);
			return;
		}
	}
	buf_append(out, "\\u00", 4);
	buf_append_char(out, hex_lower[c >> 4]);
	buf_append_char(out, hex_lower[c & 15]);
}

void json_quote(struct buf *out, struct slice in)
{
	size_t from = 0;

	buf_append_char(out, '"');
	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_append(out, in.p + from, i - from);
		json_escape(out, c);
		from = i + 1;
	}
	if (in.n)
		buf_append(out, in.p + from, in.n - from);
	buf_append_char(out, '"');
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void percent_encode(struct buf *out, struct slice in)
{
	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (is_unreserved(in.p[i]))
			buf_append_char(out, in.p[i]);
		else
			buf_append(
			    out,
			    (char[]){'%', hex_upper[c >> 4], hex_upper[c & 15]},
			    3);
	}
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	}
	return true;
}

bool percent_decode(struct buf *out, struct slice in)
{
	for (size_t i = 0; i < in.n; i++) {
		int high, low;

		if (in.p[i] != '%') {
			buf_append_char(out, in.p[i]);
			continue;
		}
		high = in.n - i > 2 ? hex_value(in.p[i + 1]) : -1;
		low = in.n - i > 2 ? hex_value(in.p[i + 2]) : -1;
		if (high < 0 || low < 0)
			return false;
		buf_append_char(out, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}
