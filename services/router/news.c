/*
 * news - what calls of journeys bring, told once Redis has it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "news.h"

#include <msgpack.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "caller.h"
#include "filter/value.h"
#include "io/pipe.h"

struct item {
	struct list node;
	uint64_t flush;
	msgpack_sbuffer bytes;
	char topic[]; /* what and project, NUL-terminated */
};

static void put_str(msgpack_packer *pk, struct slice s)
{
	msgpack_pack_str_with_body(pk, s.p, s.n);
}

static void put_text(msgpack_packer *pk, const char *key, struct slice s)
{
	put_str(pk, slice_of(key));
	if (s.n > 0)
		put_str(pk, s);
	else
		msgpack_pack_nil(pk);
}

static size_t count(const struct value *v)
{
	size_t n = 0;

	for (const struct value *e = v->first; e; e = e->next)
		n++;
	return n;
}

static void put_value(msgpack_packer *pk, const struct value *v);

static void put_list(msgpack_packer *pk, const struct value *v)
{
	bool map = v->kind == VALUE_OBJECT;

	if (map)
		msgpack_pack_map(pk, count(v));
	else
		msgpack_pack_array(pk, count(v));
	for (const struct value *e = v->first; e; e = e->next) {
		if (map)
			put_str(pk, e->key);
		put_value(pk, e);
	}
}

/* As deep as a document may be. */
static void put_value(msgpack_packer *pk, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		msgpack_pack_nil(pk);
		break;
	case VALUE_FALSE:
		msgpack_pack_false(pk);
		break;
	case VALUE_TRUE:
		msgpack_pack_true(pk);
		break;
	case VALUE_WHOLE:
		msgpack_pack_int64(pk, v->whole);
		break;
	case VALUE_REAL:
		msgpack_pack_double(pk, v->real);
		break;
	case VALUE_STRING:
		put_str(pk, v->text);
		break;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		put_list(pk, v);
		break;
	}
}

/* NULL: nobody listens. */
static struct item *item_new(const struct pipe *pipe, const char *what,
			     const struct news_about *about, msgpack_packer *pk)
{
	size_t n = strlen(what) + 1 + about->project.n + 1;
	struct item *item;

	if (!pipe_is_heard(pipe, what))
		return NULL;
	item = xcalloc(1, sizeof(*item) + n);
	snprintf(item->topic, n, "%s.%.*s", what, SLICE_FMT(about->project));
	item->flush = about->flush;
	msgpack_sbuffer_init(&item->bytes);
	msgpack_packer_init(pk, &item->bytes, msgpack_sbuffer_write);
	return item;
}

void news_call(struct list *news, struct pipe *pipe,
	       const struct news_about *about, const struct call_end *end)
{
	msgpack_packer pk;
	struct item *item = item_new(pipe, "call", about, &pk);

	if (!item)
		return;
	msgpack_pack_map(&pk, 5);
	put_text(&pk, "id", slice_of(end->id));
	put_text(&pk, "outcome",
		 slice_of(end->delivered ? "delivered" : "dead"));
	put_str(&pk, SLICE_LIT("status"));
	msgpack_pack_uint64(&pk, end->status);
	put_str(&pk, SLICE_LIT("values"));
	if (end->values)
		put_value(&pk, end->values);
	else
		msgpack_pack_nil(&pk);
	put_text(&pk, "error", end->error);
	list_push(news, &item->node);
}

void news_profile(struct list *news, struct pipe *pipe,
		  const struct news_about *about, const struct caller *caller,
		  const struct value *fields)
{
	msgpack_packer pk;
	struct item *item = item_new(pipe, "profile", about, &pk);

	if (!item)
		return;
	msgpack_pack_map(&pk, 3);
	put_text(&pk, "email", caller->email);
	put_text(&pk, "userId", caller->user);
	put_str(&pk, SLICE_LIT("fields"));
	put_value(&pk, fields);
	list_push(news, &item->node);
}

void news_live_data(struct list *news, struct pipe *pipe,
		    const struct news_about *about, struct slice path,
		    const struct value *data)
{
	msgpack_packer pk;
	struct item *item = item_new(pipe, "liveData", about, &pk);

	if (!item)
		return;
	msgpack_pack_map(&pk, 2);
	put_text(&pk, "pathId", path);
	put_str(&pk, SLICE_LIT("liveData"));
	put_value(&pk, data);
	list_push(news, &item->node);
}

static void item_free(struct item *item)
{
	list_remove(&item->node);
	msgpack_sbuffer_destroy(&item->bytes);
	free(item);
}

void news_tell(struct list *news, struct pipe *pipe, uint64_t flush)
{
	struct list *node;

	while ((node = list_first(news)) != NULL) {
		struct item *item = container_of(node, struct item, node);
		struct slice frames[2];

		if (item->flush > flush)
			return;
		frames[0] = slice_of(item->topic);
		frames[1] = slice_bytes(item->bytes.data, item->bytes.size);
		/* A full subscriber loses it: Redis has everything. */
		if (pipe_send(pipe, frames, 2) != ERR_OK)
			frames[1].n = 0;
		item_free(item);
	}
}

void news_clear(struct list *news)
{
	struct list *node;

	while ((node = list_first(news)) != NULL)
		item_free(container_of(node, struct item, node));
}
