/*
 * slice - what is too long to stand in the header.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/slice.h"

#include "base/mem.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

bool slice_cstr(char *dst, size_t size, struct slice s)
{
	size_t n;

	if (size == 0)
		return false;
	n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
	return n == s.n;
}

bool slice_cut(struct slice *rest, char at, struct slice *part)
{
	const char *p = rest->n ? memchr(rest->p, at, rest->n) : NULL;

	if (!p)
		return false;
	*part = slice_bytes(rest->p, (size_t)(p - rest->p));
	*rest = slice_bytes(p + 1, rest->n - part->n - 1);
	return true;
}

bool slice_skip(struct slice *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n || !slice_eq_str(slice_bytes(s->p, n), prefix))
		return false;
	*s = slice_bytes(s->n ? s->p + n : s->p, s->n - n);
	return true;
}

char *slice_dup(struct slice s)
{
	char *copy = xmalloc(s.n + 1);

	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Bytes of the well-formed sequence at p (RFC 3629 section 4), 0 if none. */
static size_t sequence_length(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return n >= 2 && is_tail(p[1]) ? 2 : 0;
	if ((p[0] & 0xf0) == 0xe0) {
		if (n < 3 || !is_tail(p[1]) || !is_tail(p[2]))
			return 0;
		if (p[0] == 0xe0 && p[1] < 0xa0) /* overlong */
			return 0;
		return p[0] == 0xed && p[1] > 0x9f ? 0 : 3; /* surrogate */
	}
	if (p[0] < 0xf0 || p[0] > 0xf4)
		return 0;
	if (n < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]))
		return 0;
	if (p[0] == 0xf0 && p[1] < 0x90) /* overlong */
		return 0;
	return p[0] == 0xf4 && p[1] > 0x8f ? 0 : 4; /* past U+10FFFF */
}

bool slice_is_utf8(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		uint64_t word;
		size_t n;

		/* Most text is ASCII: eight bytes at a time. */
		if (s.n - i >= sizeof(word)) {
			memcpy(&word, p + i, sizeof(word));
			if (!(word & HIGH_BITS)) {
				i += sizeof(word);
				continue;
			}
		}
		n = sequence_length(p + i, s.n - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

bool slice_parse_u64(struct slice s, uint64_t *value)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}
