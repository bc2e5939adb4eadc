/*
 * journey - calls of journeys: their order, what they keep, and their end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey.h"

#include "base/clock.h"
#include "base/text.h"
#include "caller.h"
#include "filter/document.h"
#include "filter/value_print.h"
#include "news.h"
#include "router.h"

#define RESULT_BYTES_MAX (VALUES_BYTES_MAX + 4096)

bool journey_is_exit(const struct delivery *d)
{
	return d->event->tile == TILE_exit;
}

struct lane *journey_line(struct partition *p, const struct event *e)
{
	if (e->tile == TILE_none)
		return NULL;
	return router_path_lane(p->router, p, e->project);
}

static struct ops_key path_key(const struct delivery *d)
{
	return (struct ops_key){"path", d->event->project,
				d->event->ordering_key};
}

void journey_exit(struct partition *p, const struct delivery *d)
{
	const struct ops_key key = path_key(d);

	ops_discard(&p->pending, &key);
	router_flush_soon(p->router);
}

/* ---- what a call has brought ---- */

/* Of one call that ends, while that is looked at. */
struct brought {
	struct partition *partition;
	const struct delivery *delivery;
	const struct value *values; /* an object; NULL: nothing */
	struct news_about about;
	struct buf json; /* of the value at hand */
};

static struct slice json_of(struct brought *b, const struct value *v)
{
	buf_reset(&b->json);
	value_print(v, &b->json);
	return buf_slice(&b->json);
}

static void keep_for(struct brought *b, struct slice user)
{
	struct partition *p = b->partition;
	const struct event *e = b->delivery->event;
	const struct ops_key key = {"profile", e->project, user};

	if (user.n == 0)
		return;
	for (const struct value *v = b->values->first; v; v = v->next)
		ops_profile(&p->pending, &key,
			    (uint64_t)p->router->conf.profile_keep_s,
			    e->created_ms, v->key, json_of(b, v));
}

static void keep_profile(struct brought *b)
{
	struct partition *p = b->partition;
	const struct caller c =
	    caller_read(p->router->callers, b->delivery->event->body);

	keep_for(b, c.email);
	if (!slice_eq(c.user, c.email))
		keep_for(b, c.user);
	news_profile(&p->news, p->router->feed_pipe, &b->about, &c, b->values);
}

static void keep_live_data(struct brought *b)
{
	struct partition *p = b->partition;
	const struct ops_key key = path_key(b->delivery);

	for (const struct value *v = b->values->first; v; v = v->next)
		ops_live_data(&p->pending, &key,
			      (uint64_t)p->router->conf.path_keep_s, v->key,
			      json_of(b, v));
	news_live_data(&p->news, p->router->feed_pipe, &b->about,
		       b->delivery->event->ordering_key, b->values);
}

/* ---- how it ended ---- */

static void write_end(const struct call_end *end, struct buf *out)
{
	buf_printf(out, "{\"id\":\"%s\",\"outcome\":\"%s\",\"status\":%llu,",
		   end->id, end->delivered ? "delivered" : "dead",
		   (unsigned long long)end->status);
	buf_append_str(out, "\"values\":");
	if (end->values)
		value_print(end->values, out);
	else
		buf_append_str(out, "null");
	buf_append_str(out, ",\"error\":");
	if (end->error.n > 0)
		json_quote(out, end->error);
	else
		buf_append_str(out, "null");
	buf_append_char(out, '}');
}

/* Of live data the publisher knows the name. */
static const struct value *shown_values(const struct brought *b)
{
	if (b->values && b->delivery->event->tile == TILE_liveData)
		return b->values->first;
	return b->values;
}

static void tell_end(struct brought *b, bool delivered,
		     const struct msg_result *r)
{
	struct partition *p = b->partition;
	char id[ID_TEXT_SIZE];
	struct call_end end = {
	    .id = ulid_format(id, "evt", &b->delivery->event->id),
	    .delivered = delivered,
	    .status = r->status,
	    .values = shown_values(b),
	    .error = r->error,
	};
	struct buf json;

	buf_init(&json, RESULT_BYTES_MAX);
	write_end(&end, &json);
	if (!buf_full(&json))
		ops_call(&p->pending, id, (uint64_t)p->router->conf.call_keep_s,
			 buf_slice(&json));
	buf_fini(&json);
	news_call(&p->news, p->router->feed_pipe, &b->about, &end);
}

void journey_end(struct partition *p, const struct delivery *d, bool delivered,
		 const struct msg_result *r)
{
	struct router *router = p->router;
	const struct event *e = d->event;
	struct brought b = {.partition = p, .delivery = d};

	if (e->tile == TILE_none || (r->values.n == 0 && !e->reply))
		return;
	b.about = (struct news_about){e->project, p->flush_number + 1};
	buf_init(&b.json, VALUES_BYTES_MAX);
	if (delivered && r->values.n > 0)
		b.values = document_read(router->document, NULL, r->values);
	if (b.values && e->tile == TILE_userProfile)
		keep_profile(&b);
	else if (b.values && e->tile == TILE_liveData)
		keep_live_data(&b);
	if (e->reply)
		tell_end(&b, delivered, r);
	buf_fini(&b.json);
	router_flush_soon(router);
}

static void give_up_expired(struct partition *p, struct order *o, uint64_t wall)
{
	struct list *node = o->aged.next, *next;

	for (; node != &o->aged; node = next) {
		struct delivery *d = container_of(node, struct delivery, aged);
		uint64_t ms = d->event->expires_ms;

		next = node->next;
		if (!ms || wall < ms)
			continue;
		(*p->router->m.expired)++;
		settle_give_up(p, d, "expired");
	}
}

void journey_tick(struct partition *p)
{
	uint64_t wall = wall_ms();

	if (!partition_may_dispatch(p))
		return;
	LIST_FOREACH (node, &p->lanes) {
		const struct lane *lane = container_of(node, struct lane, node);

		/* Of no webhook, but with an order: the path lane. */
		if (!lane->webhook && lane->order)
			give_up_expired(p, lane->order, wall);
	}
}

void journey_flushed(struct partition *p)
{
	news_tell(&p->news, p->router->feed_pipe, flush_done(p));
}

void journey_forget(struct partition *p)
{
	news_clear(&p->news);
}
