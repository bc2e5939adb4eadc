/*
 * document - reads a message's JSON text, as far as somebody wants it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * yajl walks over the text; beside each container that is open stands what is
 * wanted of it, and what nobody wants is stepped over without a trace.
 */
#include "filter/document.h"

#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "base/mem.h"

/* A container that is open. */
struct frame {
	struct value **tail;
	const struct wanted *wanted; /* of its members or elements */
	bool whole, is_array;
};

struct document {
	struct arena arena;
	struct slice json;
	struct value root;
	struct frame frames[DOCUMENT_DEPTH_MAX];
	size_t depth;
	size_t skipping; /* open containers that nobody wants */
	struct slice key;
	const struct wanted *member; /* wanted of the member to come */
	bool member_whole;
	bool begun;
	bool any; /* not only an object at the top */
};

struct document *document_new(void)
{
	return xcalloc(1, sizeof(struct document));
}

void document_free(struct document **d)
{
	if (!*d)
		return;
	arena_fini(&(*d)->arena);
	free(*d);
	*d = NULL;
}

/* Of the escape of half a surrogate pair yajl makes three bytes that are no
 * UTF-8; U+FFFD has three, too. */
static void mend(char *p, size_t n)
{
	char *end = p + n;

	for (; p < end; p++) {
		p = memchr(p, 0xed, (size_t)(end - p));
		if (!p)
			break;
		if (end - p >= 3 && (unsigned char)p[1] >= 0xa0)
			memcpy(p, "\xef\xbf\xbd", 3);
	}
}

/* yajl hands out a view of the text unless it had escapes. */
static struct slice keep_text(struct document *d, const unsigned char *p,
			      size_t n)
{
	const char *text = (const char *)p;
	char *copy;

	if (text >= d->json.p && text < d->json.p + d->json.n)
		return slice_bytes(text, n);
	copy = arena_alloc(&d->arena, n);
	if (n > 0)
		memcpy(copy, text, n);
	mend(copy, n);
	return slice_bytes(copy, n);
}

/* What is wanted of the value that comes now: false, nothing. */
static bool look(const struct document *d, const struct wanted **wanted,
		 bool *whole)
{
	const struct frame *f = &d->frames[d->depth - 1];

	*wanted = f->is_array ? f->wanted : d->member;
	*whole = f->is_array ? f->whole : d->member_whole;
	if (*wanted && (*wanted)->whole)
		*whole = true;
	return *whole || *wanted;
}

static struct value *append(struct document *d, enum value_kind kind)
{
	struct frame *f = &d->frames[d->depth - 1];
	struct value *v = arena_alloc(&d->arena, sizeof(*v));

	v->kind = kind;
	v->key = f->is_array ? slice_of(NULL) : d->key;
	v->text = slice_of(NULL);
	v->next = NULL;
	*f->tail = v;
	f->tail = &v->next;
	return v;
}

/* The value that is all there is. */
static struct value *top(struct document *d, enum value_kind kind)
{
	if (!d->any || d->begun)
		return NULL;
	d->begun = true;
	d->root.kind = kind;
	return &d->root;
}

/* NULL: it is not wanted. A path that goes on cannot end in a scalar. */
static struct value *scalar(struct document *d, enum value_kind kind)
{
	const struct wanted *wanted;
	bool whole;

	if (d->depth == 0)
		return top(d, kind);
	if (d->skipping > 0 || !look(d, &wanted, &whole) || !whole)
		return NULL;
	return append(d, kind);
}

static void open_frame(struct document *d, struct value *v,
		       const struct wanted *wanted, bool whole)
{
	struct frame *f = &d->frames[d->depth++];

	v->first = NULL;
	f->tail = &v->first;
	f->wanted = wanted;
	f->is_array = v->kind == VALUE_ARRAY;
	/* Elements keep their numbers. */
	f->whole = whole || (f->is_array && wanted && wanted->numbered);
}

static int container(struct document *d, enum value_kind kind)
{
	const struct wanted *wanted;
	bool whole;

	if (d->skipping > 0 || !look(d, &wanted, &whole)) {
		d->skipping++;
		return 1;
	}
	if (d->depth == DOCUMENT_DEPTH_MAX)
		return 0;
	open_frame(d, append(d, kind), wanted, whole);
	return 1;
}

static int on_null(void *ctx)
{
	scalar(ctx, VALUE_NULL);
	return 1;
}

static int on_boolean(void *ctx, int value)
{
	scalar(ctx, value ? VALUE_TRUE : VALUE_FALSE);
	return 1;
}

static int on_number(void *ctx, const char *p, size_t n)
{
	struct value *v = scalar(ctx, VALUE_WHOLE);

	if (v) {
		v->text = keep_text(ctx, (const unsigned char *)p, n);
		value_set_number(v, v->text);
	}
	return 1;
}

static int on_string(void *ctx, const unsigned char *p, size_t n)
{
	struct value *v = scalar(ctx, VALUE_STRING);

	if (v)
		v->text = keep_text(ctx, p, n);
	return 1;
}

static int on_key(void *ctx, const unsigned char *p, size_t n)
{
	struct document *d = ctx;
	const struct frame *f = &d->frames[d->depth - 1];

	if (d->skipping > 0)
		return 1;
	d->member_whole = f->whole;
	d->member =
	    f->wanted ? wanted_child(f->wanted, slice_bytes(p, n)) : NULL;
	if (d->member_whole || d->member)
		d->key = keep_text(d, p, n);
	return 1;
}

static int start(struct document *d, enum value_kind kind)
{
	if (d->begun)
		return container(d, kind);
	d->begun = true;
	d->root.kind = kind;
	open_frame(d, &d->root, d->member, d->member_whole);
	return 1;
}

static int on_map_start(void *ctx)
{
	return start(ctx, VALUE_OBJECT);
}

static int on_array_start(void *ctx)
{
	struct document *d = ctx;

	return (d->begun || d->any) && start(d, VALUE_ARRAY);
}

static int on_end(void *ctx)
{
	struct document *d = ctx;

	if (d->skipping > 0)
		d->skipping--;
	else
		d->depth--;
	return 1;
}

static bool parse(struct document *d)
{
	static const yajl_callbacks callbacks = {
	    .yajl_null = on_null,
	    .yajl_boolean = on_boolean,
	    .yajl_number = on_number,
	    .yajl_string = on_string,
	    .yajl_start_map = on_map_start,
	    .yajl_map_key = on_key,
	    .yajl_end_map = on_end,
	    .yajl_start_array = on_array_start,
	    .yajl_end_array = on_end,
	};
	yajl_handle yajl = yajl_alloc(&callbacks, NULL, d);
	bool ok;

	must(yajl);
	/* ingest has looked at every string of a message already, and at none
	 * of what comes from elsewhere. */
	yajl_config(yajl, yajl_dont_validate_strings, !d->any);
	ok = yajl_parse(yajl, (const unsigned char *)d->json.p, d->json.n) ==
		 yajl_status_ok &&
	     yajl_complete_parse(yajl) == yajl_status_ok;
	yajl_free(yajl);
	return ok && d->begun && d->depth == 0;
}

static bool read(struct document *d, const struct wanted *wanted,
		 struct slice json, bool any)
{
	arena_reset(&d->arena);
	d->json = json;
	d->root = (struct value){.kind = VALUE_OBJECT};
	d->depth = d->skipping = 0;
	d->begun = false;
	d->any = any;
	d->member = wanted;
	d->member_whole = !wanted;
	return parse(d);
}

const struct value *document_read(struct document *d,
				  const struct wanted *wanted,
				  struct slice json)
{
	if (!read(d, wanted, json, false))
		d->root.first = NULL;
	return &d->root;
}

const struct value *document_read_any(struct document *d, struct slice json)
{
	/* yajl lets overlong forms and surrogates pass. */
	if (!slice_is_utf8(json))
		return NULL;
	return read(d, NULL, json, true) ? &d->root : NULL;
}
