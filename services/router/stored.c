/*
 * stored - what is kept for a journey call's user and path.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stored.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "caller.h"
#include "dispatch.h"
#include "router.h"
#include "store/keys.h"
#include "store/profile_field.h"

/* Of a queue, looked at and read at a time. */
#define LOOK_MAX 64
#define READ_MAX 32
/* The hashes of a call: its user's by email and by id, and its path's. */
#define HASHES 3

struct read_call {
	struct partition *partition; /* borrowed */
	uint64_t life;
	struct ulid lane;
	size_t n;
	struct ulid ids[READ_MAX];
};

struct stored *stored_new(const struct event *e)
{
	bool call = e->tile != TILE_none && e->tile != TILE_exit;

	return call ? xcalloc(1, sizeof(struct stored)) : NULL;
}

size_t stored_free(struct stored **s)
{
	size_t n;

	if (!*s)
		return 0;
	n = (*s)->n;
	free((*s)->json);
	free(*s);
	*s = NULL;
	return n;
}

void stored_after(struct delivery *d)
{
	if (!d->stored)
		return;
	d->stored->after_flush = d->lane->partition->flush_number + 1;
	d->stored->here = d->stored->asked = false;
}

struct slice stored_json(const struct delivery *d)
{
	if (!d->stored || !d->stored->json)
		return slice_bytes("", 0);
	return slice_bytes(d->stored->json, d->stored->n);
}

/* ---- what the script answers, as JSON ---- */

/* The user's other hash has a newer one of this field. */
static bool is_older(const struct reply *other, struct slice field, uint64_t ms,
		     bool first)
{
	for (size_t i = 0; i + 1 < reply_count(other); i += 2) {
		struct slice value = reply_bytes(reply_at(other, i + 1)), json;
		uint64_t when;

		if (!slice_eq(reply_bytes(reply_at(other, i)), field))
			continue;
		return profile_field_read(value, &when, &json) &&
		       (when > ms || (when == ms && !first));
	}
	return false;
}

static void put_member(struct buf *b, struct slice name, struct slice json,
		       bool *some)
{
	if (*some)
		buf_append_char(b, ',');
	*some = true;
	json_quote(b, name);
	buf_append_char(b, ':');
	buf_append_slice(b, json);
}

static void put_profile(struct buf *b, const struct reply *hash,
			const struct reply *other, bool first, bool *some)
{
	for (size_t i = 0; i + 1 < reply_count(hash); i += 2) {
		struct slice field = reply_bytes(reply_at(hash, i));
		struct slice value = reply_bytes(reply_at(hash, i + 1)), json;
		uint64_t ms;

		if (profile_field_read(value, &ms, &json) &&
		    !is_older(other, field, ms, first))
			put_member(b, field, json, some);
	}
}

static void put_live_data(struct buf *b, const struct reply *hash)
{
	bool some = false;

	for (size_t i = 0; i + 1 < reply_count(hash); i += 2)
		put_member(b, reply_bytes(reply_at(hash, i)),
			   reply_bytes(reply_at(hash, i + 1)), &some);
}

/* Returns how many more bytes it holds now. */
static size_t take(struct stored *s, const struct reply *reply, size_t at)
{
	size_t before = s->n;
	const struct reply *by_email = reply_at(reply, at);
	const struct reply *by_id = reply_at(reply, at + 1);
	const struct reply *path = reply_at(reply, at + 2);
	bool some = false;
	struct buf b;

	s->asked = false;
	s->here = true;
	free(s->json);
	s->json = NULL;
	s->n = 0;
	if (reply_count(by_email) + reply_count(by_id) + reply_count(path) == 0)
		return s->n - before;
	buf_init(&b, STORED_BYTES_MAX);
	buf_append_str(&b, "{\"profile\":{");
	put_profile(&b, by_email, by_id, true, &some);
	put_profile(&b, by_id, by_email, false, &some);
	buf_append_str(&b, "},\"liveData\":{");
	put_live_data(&b, path);
	buf_append_str(&b, "}}");
	s->too_large = buf_full(&b);
	if (!s->too_large)
		s->json = buf_take(&b, &s->n);
	buf_fini(&b);
	return s->n - before;
}

/* ---- asking ---- */

static struct delivery *in_queue(struct lane *lane, const struct ulid *id)
{
	LIST_FOREACH (node, &lane->queue) {
		struct delivery *d = container_of(node, struct delivery, node);

		if (ulid_eq(&d->id, id))
			return d;
	}
	return NULL;
}

static void on_read(void *arg, enum err e, const struct reply *reply)
{
	struct read_call *call = arg;
	struct partition *p = call->partition;
	struct lane *lane = NULL;

	if (call->life == p->life)
		lane = table_find(p->router->lanes, ulid_slice(&call->lane));
	for (size_t i = 0; lane && i < call->n; i++) {
		struct delivery *d = in_queue(lane, &call->ids[i]);

		if (!d || !d->stored || !d->stored->asked)
			continue;
		if (e == ERR_OK)
			p->router->head_bytes +=
			    take(d->stored, reply, i * HASHES);
		else
			d->stored->asked = false;
	}
	/* What could not be read is asked for again in a tick. */
	if (lane && e == ERR_OK)
		dispatch_touch(lane);
	free(call);
}

static void keys_of(struct router *r, const struct delivery *d,
		    char (*text)[KEY_SIZE], struct slice *keys)
{
	const struct partition *p = d->lane->partition;
	const struct event *e = d->event;
	const struct caller c = caller_read(r->callers, e->body);

	keys[0] = key_owned(text[0], p->number, "profile", e->project, c.email);
	keys[1] = key_owned(text[1], p->number, "profile", e->project, c.user);
	keys[2] =
	    key_owned(text[2], p->number, "path", e->project, e->ordering_key);
}

static void ask(struct lane *lane, struct delivery *const *some, size_t n)
{
	char text[READ_MAX * HASHES][KEY_SIZE];
	struct slice keys[READ_MAX * HASHES];
	struct read_call *call = xcalloc(1, sizeof(*call));
	struct router *r = lane->partition->router;

	call->partition = lane->partition;
	call->life = lane->partition->life;
	call->lane = lane->id;
	call->n = n;
	for (size_t i = 0; i < n; i++) {
		call->ids[i] = some[i]->id;
		keys_of(r, some[i], text + i * HASHES, keys + i * HASHES);
		some[i]->stored->asked = true;
	}
	if (redis_script(r->redis, SCRIPT_STORED, keys, n * HASHES, NULL, 0,
			 on_read, call) == ERR_OK)
		return;
	for (size_t i = 0; i < n; i++)
		some[i]->stored->asked = false;
	free(call);
}

static bool is_ready(const struct delivery *d)
{
	return !d->stored || d->stored->here;
}

static bool may_ask(const struct delivery *d)
{
	return !d->stored->asked &&
	       flush_done(d->lane->partition) >= d->stored->after_flush;
}

static void to_front(struct lane *lane, struct delivery *d)
{
	if (list_first(&lane->queue) == &d->node)
		return;
	list_remove(&d->node);
	list_push_front(&lane->queue, &d->node);
}

/* Asks for what the first few of the queue lack, and returns who lacks nothing;
 * NULL: none of them. */
static struct delivery *look(struct lane *lane)
{
	struct delivery *some[READ_MAX], *first = NULL;
	size_t n = 0, looked = 0;
	bool waits = false;

	LIST_FOREACH (node, &lane->queue) {
		struct delivery *d = container_of(node, struct delivery, node);

		if (looked++ == LOOK_MAX || n == READ_MAX)
			break;
		if (is_ready(d))
			first = first ? first : d;
		else if (may_ask(d))
			some[n++] = d;
		else if (!d->stored->asked)
			waits = true;
	}
	if (n > 0)
		ask(lane, some, n);
	if (waits && list_empty(&lane->awaiting))
		list_push(&lane->partition->awaiting, &lane->awaiting);
	return first;
}

bool stored_ready(struct lane *lane)
{
	struct list *node = list_first(&lane->queue);
	struct delivery *first;

	/* As it mostly is: then nobody else need be looked at. */
	if (node && is_ready(container_of(node, struct delivery, node)))
		return true;
	first = look(lane);
	if (first)
		to_front(lane, first);
	return first != NULL;
}

void stored_flushed(struct partition *p)
{
	struct list waiting, *node;

	list_init(&waiting);
	while ((node = list_pop(&p->awaiting)) != NULL)
		list_push(&waiting, node);
	/* Some may have to wait for the next one. */
	while ((node = list_pop(&waiting)) != NULL)
		dispatch_touch(container_of(node, struct lane, awaiting));
}
