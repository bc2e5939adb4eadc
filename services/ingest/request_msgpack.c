/*
 * request_msgpack - reads a body of msgpack.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Value by value with unpack, not through msgpack-c's object tree: that would
 * take 24 bytes for every byte of a hostile body.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/unpack.h"

#include "draft.h"

#define NUMBER_SIZE 40

/* What is still to come of an open map or array; a batch is one level more. */
struct frame {
	bool map;
	bool value_next; /* a map's key has been read */
	uint32_t left;	 /* pairs or elements */
};

struct msgpack_reader {
	struct draft *draft;
	struct slice rest;
	struct frame frames[DRAFT_DEPTH_MAX + 2];
	unsigned depth;
};

/* The shortest of three spellings that is read back as the same number. */
static void spell_double(char out[NUMBER_SIZE], double f)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, NUMBER_SIZE, "%.*g", digits, f);
		if (strtod(out, NULL) == f)
			return;
	}
}

static void spell_float(char out[NUMBER_SIZE], float f)
{
	for (int digits = 6; digits <= 9; digits++) {
		snprintf(out, NUMBER_SIZE, "%.*g", digits, (double)f);
		if (strtof(out, NULL) == f)
			return;
	}
}

static bool read_float(struct draft *d, const struct unpack_value *v)
{
	char text[NUMBER_SIZE + 2];
	size_t n;

	if (!isfinite(v->f))
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "is not a finite number");
	if (v->kind == UNPACK_FLOAT32)
		spell_float(text, (float)v->f);
	else
		spell_double(text, v->f);
	n = strlen(text);
	/* A receiver may tell 1.0 from 1, as the publisher did. */
	if (!strpbrk(text, ".e")) {
		memcpy(text + n, ".0", 2);
		n += 2;
	}
	return draft_number(d, slice_bytes(text, n));
}

static bool read_integer(struct draft *d, uint64_t magnitude, bool negative)
{
	char text[NUMBER_SIZE];
	char *p = text + sizeof(text);

	do {
		*--p = (char)('0' + magnitude % 10);
		magnitude /= 10;
	} while (magnitude > 0);
	if (negative)
		*--p = '-';
	return draft_number(d,
			    slice_bytes(p, (size_t)(text + sizeof(text) - p)));
}

static bool open_frame(struct msgpack_reader *r, bool map, uint32_t left)
{
	struct draft *d = r->draft;

	if (!(map ? draft_map_start(d) : draft_array_start(d)))
		return false;
	r->frames[++r->depth] = (struct frame){.map = map, .left = left};
	return true;
}

static bool read_value(struct msgpack_reader *r, const struct unpack_value *v)
{
	struct draft *d = r->draft;

	switch (v->kind) {
	case UNPACK_NIL:
		return draft_literal(d, SLICE_LIT("null"));
	case UNPACK_BOOL:
		return draft_literal(d, v->boolean ? SLICE_LIT("true")
						   : SLICE_LIT("false"));
	case UNPACK_UINT:
		return read_integer(d, v->u, false);
	case UNPACK_INT:
		return read_integer(d, 0 - (uint64_t)v->i, true);
	case UNPACK_FLOAT32:
	case UNPACK_FLOAT64:
		return read_float(d, v);
	case UNPACK_STR:
		return draft_string(d, v->bytes);
	case UNPACK_ARRAY:
		return open_frame(r, false, v->count);
	case UNPACK_MAP:
		return open_frame(r, true, v->count);
	default:
		return draft_unsupported(d);
	}
}

static bool read_key(struct msgpack_reader *r, const struct unpack_value *v)
{
	if (v->kind != UNPACK_STR)
		return draft_refuse(r->draft, FAULT_INVALID_EVENT,
				    "a key must be text");
	return draft_key(r->draft, v->bytes);
}

static bool read_next(struct msgpack_reader *r)
{
	struct frame *f = &r->frames[r->depth];
	struct draft *d = r->draft;
	struct unpack_value v;

	d->token_start = (size_t)(r->rest.p - d->in.p);
	if (unpack_next(&r->rest, &v) != ERR_OK)
		return draft_refuse(d, FAULT_MALFORMED,
				    "not msgpack, at byte %zu", d->token_start);
	d->token_end = (size_t)(r->rest.p - d->in.p);
	if (f->map && !f->value_next) {
		f->value_next = true;
		return read_key(r, &v);
	}
	f->value_next = false;
	f->left--;
	return read_value(r, &v);
}

static bool close_frames(struct msgpack_reader *r)
{
	while (r->depth > 0 && r->frames[r->depth].left == 0) {
		bool map = r->frames[r->depth].map;

		if (!(map ? draft_map_end(r->draft)
			  : draft_array_end(r->draft)))
			return false;
		r->depth--;
	}
	return true;
}

bool request_read_msgpack(struct draft *d)
{
	struct msgpack_reader r = {.draft = d, .rest = d->in};

	/* The outermost frame is the body: one value. */
	r.frames[0].left = 1;
	do {
		if (!read_next(&r) || !close_frames(&r))
			return false;
	} while (r.depth > 0);
	if (r.rest.n > 0)
		return draft_refuse(d, FAULT_MALFORMED,
				    "%zu bytes behind the body", r.rest.n);
	return true;
}
