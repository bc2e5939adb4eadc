/*
 * message - the codec, expanded from messages.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Encodes with msgpack-c's packer straight into the buffer. Decodes with unpack
 * instead of msgpack-c: a router takes some 50,000 records a second, and an
 * object tree for each would cost more than all else it does with them.
 */
#include "proto/message.h"

#include <msgpack.h>

#include "base/mem.h"
#include "proto/unpack.h"

/* A newer peer may send more fields than we know, but not any number. */
#define FIELDS_MAX 64
/* Where msg_frame_start puts the count: behind the array's and two small bytes.
 */
#define COUNT_OFFSET 3
#define COUNT_WIDTH 5

static int append_packed(void *out, const char *p, size_t n)
{
	buf_append(out, p, n);
	return 0;
}

static void put_U64(msgpack_packer *pk, uint64_t value, size_t max)
{
	(void)max;
	msgpack_pack_uint64(pk, value);
}

static void put_STR(msgpack_packer *pk, struct slice s, size_t max)
{
	must(s.n <= max);
	msgpack_pack_str(pk, s.n);
	msgpack_pack_str_body(pk, s.p, s.n);
}

static void put_BYTES(msgpack_packer *pk, struct slice s, size_t max)
{
	must(s.n <= max);
	msgpack_pack_bin(pk, s.n);
	msgpack_pack_bin_body(pk, s.p, s.n);
}

static bool get_U64(struct slice *in, uint64_t *value, size_t max)
{
	struct unpack_value v;

	(void)max;
	if (unpack_next(in, &v) != ERR_OK || v.kind != UNPACK_UINT)
		return false;
	*value = v.u;
	return true;
}

static bool get_bytes(struct slice *in, enum unpack_kind kind, size_t max,
		      struct slice *s)
{
	struct unpack_value v;

	if (unpack_next(in, &v) != ERR_OK || v.kind != kind || v.bytes.n > max)
		return false;
	*s = v.bytes;
	return true;
}

static bool get_STR(struct slice *in, struct slice *s, size_t max)
{
	return get_bytes(in, UNPACK_STR, max, s);
}

static bool get_BYTES(struct slice *in, struct slice *s, size_t max)
{
	return get_bytes(in, UNPACK_BIN, max, s);
}

/* What a newer peer knows and we do not: from field i on. */
static enum err skip_fields(struct slice *in, uint32_t i, uint32_t n)
{
	struct unpack_value v;

	for (; i < n; i++) {
		if (unpack_next(in, &v) != ERR_OK || v.kind == UNPACK_ARRAY ||
		    v.kind == UNPACK_MAP)
			return ERR_MALFORMED;
	}
	return ERR_OK;
}

static bool get_array(struct slice *in, uint32_t fields_min, uint32_t *n)
{
	struct unpack_value v;

	if (unpack_next(in, &v) != ERR_OK || v.kind != UNPACK_ARRAY)
		return false;
	*n = v.count;
	return *n >= fields_min && *n <= FIELDS_MAX;
}

#define ONE(kind, name, max) +1
#define NONE(kind, name, max)
#define PUT(kind, name, max) put_##kind(&pk, m->name, (max));
#define GET(kind, name, max)                           \
	if (i < n && !get_##kind(in, &m->name, (max))) \
		return ERR_MALFORMED;                  \
	i++;

#define CODEC(number, type, fields)                                         \
	void msg_encode_##type(struct buf *out, const struct msg_##type *m) \
	{                                                                   \
		msgpack_packer pk;                                          \
                                                                            \
		msgpack_packer_init(&pk, out, append_packed);               \
		msgpack_pack_array(&pk, 0 fields(ONE, ONE));                \
		fields(PUT, PUT);                                           \
	}                                                                   \
	static enum err take_##type(struct slice *in, struct msg_##type *m) \
	{                                                                   \
		uint32_t n, i = 0;                                          \
                                                                            \
		*m = (struct msg_##type){0};                                \
		if (!get_array(in, 0 fields(ONE, NONE), &n))                \
			return ERR_MALFORMED;                               \
		fields(GET, GET);                                           \
		return skip_fields(in, i, n);                               \
	}

#define DECODER(number, type, fields)                                      \
	enum err msg_decode_##type(struct slice *in, struct msg_##type *m) \
	{                                                                  \
		return take_##type(in, m);                                 \
	}

CODEC(0, head, HEAD_FIELDS)
MESSAGES(CODEC)
MESSAGES(DECODER)

enum err msg_decode_head(struct slice *in, struct msg_head *m,
			 uint64_t count_max)
{
	if (take_head(in, m) != ERR_OK)
		return ERR_MALFORMED;
	if (m->major != PROTO_MAJOR)
		return ERR_VERSION;
	return m->count <= count_max ? ERR_OK : ERR_MALFORMED;
}

struct msg_head msg_head(enum msg_type type, uint64_t count)
{
	return (struct msg_head){
	    .major = PROTO_MAJOR, .type = type, .count = count};
}

static void write_count(char *at, uint64_t count)
{
	must(count <= UINT32_MAX);
	at[0] = (char)0xce;
	for (int i = 0; i < 4; i++)
		at[1 + i] = (char)(count >> (24 - 8 * i) & 0xff);
}

/* The head by hand, because a packer writes a small count in one byte. */
size_t msg_frame_start(struct buf *out, enum msg_type type, uint64_t partition,
		       uint64_t seq)
{
	char front[COUNT_OFFSET + COUNT_WIDTH] = {
	    (char)(0x90 | (0 HEAD_FIELDS(ONE, ONE))), PROTO_MAJOR, (char)type};
	size_t offset = out->n + COUNT_OFFSET;
	msgpack_packer pk;

	must(type < 0x80);
	write_count(front + COUNT_OFFSET, 0);
	buf_append(out, front, sizeof(front));
	msgpack_packer_init(&pk, out, append_packed);
	msgpack_pack_uint64(&pk, partition);
	msgpack_pack_uint64(&pk, seq);
	return offset;
}

void msg_frame_finish(struct buf *out, size_t offset, uint64_t count)
{
	if (buf_full(out))
		return;
	must(offset + COUNT_WIDTH <= out->n);
	write_count(out->p + offset, count);
}

const char *msg_name(uint64_t type)
{
	switch (type) {
#define NAME(number, type, fields) \
	case number:               \
		return #type;
		MESSAGES(NAME)
#undef NAME
	default:
		return "?";
	}
}

const char *outcome_name(uint64_t outcome)
{
	switch (outcome) {
#define NAME(number, name, text) \
	case number:             \
		return #name;
		OUTCOMES(NAME)
#undef NAME
	default:
		return "?";
	}
}

const char *tile_name(uint64_t tile)
{
	switch (tile) {
#define NAME(number, name) \
	case number:       \
		return #name;
		TILES(NAME)
#undef NAME
	default:
		return tile_name(TILE_none);
	}
}

bool tile_find(struct slice name, enum tile *out)
{
	for (enum tile t = TILE_webhook; t < TILE_exit; t++) {
		if (!slice_eq_str(name, tile_name(t)))
			continue;
		*out = t;
		return true;
	}
	return false;
}

bool is_project_id(struct slice s)
{
	if (s.n == 0 || s.n > PROJECT_BYTES_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			continue;
		if (i == 0 || (c != '_' && c != '-'))
			return false;
	}
	return true;
}
