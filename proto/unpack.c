/*
 * unpack - reads msgpack one value at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proto/unpack.h"

static bool take_number(struct slice *in, size_t width, uint64_t *value)
{
	uint64_t v = 0;

	if (in->n < width)
		return false;
	for (size_t i = 0; i < width; i++)
		v = v << 8 | (uint8_t)in->p[i];
	in->p += width;
	in->n -= width;
	*value = v;
	return true;
}

static enum err take_bytes(struct slice *in, enum unpack_kind kind, uint64_t n,
			   struct unpack_value *v)
{
	if (n > in->n)
		return ERR_MALFORMED;
	v->kind = kind;
	v->bytes = (struct slice){in->p, (size_t)n};
	in->p += n;
	in->n -= (size_t)n;
	return ERR_OK;
}

/* Every element takes a byte at least, so a larger count is a lie. */
static enum err take_count(const struct slice *in, enum unpack_kind kind,
			   uint64_t n, struct unpack_value *v)
{
	if (n > (kind == UNPACK_MAP ? in->n / 2 : in->n))
		return ERR_MALFORMED;
	v->kind = kind;
	v->count = (uint32_t)n;
	return ERR_OK;
}

static enum err take_sized(struct slice *in, enum unpack_kind kind,
			   size_t width, struct unpack_value *v)
{
	uint64_t n;

	if (!take_number(in, width, &n))
		return ERR_MALFORMED;
	if (kind == UNPACK_ARRAY || kind == UNPACK_MAP)
		return take_count(in, kind, n, v);
	if (kind == UNPACK_EXT)
		n++; /* the type byte */
	return take_bytes(in, kind, n, v);
}

static enum err take_uint(struct slice *in, size_t width,
			  struct unpack_value *v)
{
	v->kind = UNPACK_UINT;
	return take_number(in, width, &v->u) ? ERR_OK : ERR_MALFORMED;
}

static enum err take_int(struct slice *in, size_t width, struct unpack_value *v)
{
	uint64_t raw;
	unsigned unused_bits = 64 - 8 * (unsigned)width;
	int64_t value;

	if (!take_number(in, width, &raw))
		return ERR_MALFORMED;
	value = (int64_t)(raw << unused_bits) >> unused_bits;
	v->kind = value < 0 ? UNPACK_INT : UNPACK_UINT;
	v->i = value;
	return ERR_OK;
}

static enum err take_float32(struct slice *in, struct unpack_value *v)
{
	uint64_t raw;
	uint32_t bits;
	float f;

	if (!take_number(in, 4, &raw))
		return ERR_MALFORMED;
	bits = (uint32_t)raw;
	memcpy(&f, &bits, sizeof(f));
	v->kind = UNPACK_FLOAT32;
	v->f = (double)f;
	return ERR_OK;
}

static enum err take_float64(struct slice *in, struct unpack_value *v)
{
	uint64_t bits;

	if (!take_number(in, 8, &bits))
		return ERR_MALFORMED;
	memcpy(&v->f, &bits, sizeof(v->f));
	v->kind = UNPACK_FLOAT64;
	return ERR_OK;
}

static enum err take_bool(bool value, struct unpack_value *v)
{
	v->kind = UNPACK_BOOL;
	v->boolean = value;
	return ERR_OK;
}

/* The bytes 0xc0 to 0xdf, by the table of the msgpack specification. */
static enum err take_marked(struct slice *in, uint8_t mark,
			    struct unpack_value *v)
{
	switch (mark) {
	case 0xc0:
		v->kind = UNPACK_NIL;
		return ERR_OK;
	case 0xc2:
	case 0xc3:
		return take_bool(mark == 0xc3, v);
	case 0xc4:
	case 0xc5:
	case 0xc6:
		return take_sized(in, UNPACK_BIN, 1U << (mark - 0xc4), v);
	case 0xc7:
	case 0xc8:
	case 0xc9:
		return take_sized(in, UNPACK_EXT, 1U << (mark - 0xc7), v);
	case 0xca:
		return take_float32(in, v);
	case 0xcb:
		return take_float64(in, v);
	case 0xcc:
	case 0xcd:
	case 0xce:
	case 0xcf:
		return take_uint(in, 1U << (mark - 0xcc), v);
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
		return take_int(in, 1U << (mark - 0xd0), v);
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xd7:
	case 0xd8: /* fixext: the type byte and 1, 2, 4, 8 or 16 more */
		return take_bytes(in, UNPACK_EXT, 1 + (1U << (mark - 0xd4)), v);
	case 0xd9:
	case 0xda:
	case 0xdb:
		return take_sized(in, UNPACK_STR, 1U << (mark - 0xd9), v);
	case 0xdc:
	case 0xdd:
		return take_sized(in, UNPACK_ARRAY, 2U << (mark - 0xdc), v);
	case 0xde:
	case 0xdf:
		return take_sized(in, UNPACK_MAP, 2U << (mark - 0xde), v);
	default:
		return ERR_MALFORMED;
	}
}

enum err unpack_next(struct slice *in, struct unpack_value *v)
{
	uint8_t mark;

	if (in->n == 0)
		return ERR_MALFORMED;
	mark = (uint8_t)*in->p;
	in->p++;
	in->n--;
	if (mark < 0x80) {
		v->kind = UNPACK_UINT;
		v->u = mark;
		return ERR_OK;
	}
	if (mark < 0x90)
		return take_count(in, UNPACK_MAP, mark & 0x0f, v);
	if (mark < 0xa0)
		return take_count(in, UNPACK_ARRAY, mark & 0x0f, v);
	if (mark < 0xc0)
		return take_bytes(in, UNPACK_STR, mark & 0x1f, v);
	if (mark >= 0xe0) {
		v->kind = UNPACK_INT;
		v->i = (int8_t)mark;
		return ERR_OK;
	}
	return take_marked(in, mark, v);
}
