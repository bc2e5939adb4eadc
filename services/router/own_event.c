/*
 * own_event - the events that Postrider itself publishes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "own_event.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "match.h"
#include "router.h"
#include "store/config.h"

#define DEAD "delivery.dead"
#define DISABLED "webhook.disabled"
#define BODY_MAX 16384 /* a URL and some names */

bool own_event_is(struct slice name)
{
	return slice_eq_str(name, DEAD) || slice_eq_str(name, DISABLED);
}

/* ---- bodies ---- */

static void put_key(struct buf *out, const char *key)
{
	if (out->p[out->n - 1] != '{')
		buf_append_str(out, ",");
	json_quote(out, slice_of(key));
	buf_append_str(out, ":");
}

static void put_text(struct buf *out, const char *key, struct slice value)
{
	put_key(out, key);
	json_quote(out, value);
}

static void put_id(struct buf *out, const char *key, const char *prefix,
		   const struct ulid *id)
{
	char text[ID_TEXT_SIZE];

	put_text(out, key, slice_of(ulid_format(text, prefix, id)));
}

static void put_time(struct buf *out, const char *key, uint64_t ms)
{
	char text[RFC3339_SIZE];

	put_text(out, key, slice_of(rfc3339_format(text, ms)));
}

static void put_number(struct buf *out, const char *key, uint64_t value)
{
	put_key(out, key);
	buf_printf(out, "%" PRIu64, value);
}

static void put_null(struct buf *out, const char *key)
{
	put_key(out, key);
	buf_append_str(out, "null");
}

static void begin(struct buf *out, const char *name)
{
	buf_init(out, BODY_MAX);
	buf_append_str(out, "{");
	put_text(out, "eventName", slice_of(name));
	put_key(out, "dataFields");
	buf_append_str(out, "{");
}

/* Into the log, with the next flush. */
static void publish(struct partition *p, const char *project, const char *name,
		    struct buf *body)
{
	uint64_t wall = wall_ms();
	const struct ulid id = ulid_new(wall);
	struct msg_event e = {
	    .id = ulid_slice(&id),
	    .project = slice_of(project),
	    .name = slice_of(name),
	    .created_ms = wall,
	};
	struct buf frame;
	size_t at;

	buf_append_str(body, "}}");
	e.body = buf_slice(body);
	buf_init(&frame, BODY_MAX + 1024);
	at = msg_frame_start(&frame, MSG_event, p->number, 0);
	msg_encode_event(&frame, &e);
	msg_frame_finish(&frame, at, 1);
	if (!buf_full(body) && !buf_full(&frame))
		ops_append(&p->pending, buf_slice(&frame));
	buf_fini(&frame);
	buf_fini(body);
}

static bool is_wanted(struct partition *p, const char *project,
		      const char *name)
{
	return match_is_named(p->router->match, p->router, slice_of(project),
			      slice_of(name));
}

/* ---- events ---- */

void own_event_dead(struct partition *p, const struct delivery *d,
		    const struct own_death *death)
{
	const struct webhook *w = d->lane->webhook;
	struct buf body;

	if (own_event_is(d->event->name) || !is_wanted(p, w->project, DEAD))
		return;
	begin(&body, DEAD);
	put_id(&body, "webhook", "wh", &w->id);
	put_text(&body, "webhookName", slice_of(w->name));
	put_id(&body, "delivery", "dlv", &d->id);
	put_id(&body, "event", "evt", &d->event->id);
	put_text(&body, "eventName", d->event->name);
	put_number(&body, "attempts", d->tries);
	if (death->status)
		put_number(&body, "lastStatus", death->status);
	else
		put_null(&body, "lastStatus");
	if (death->error.n > 0)
		put_text(&body, "lastError", death->error);
	else
		put_null(&body, "lastError");
	put_time(&body, "createdAt", d->event->created_ms);
	put_time(&body, "deadAt", wall_ms());
	publish(p, w->project, DEAD, &body);
}

/* Its query may hold a secret. */
static struct slice without_query(const char *url)
{
	return slice_bytes(url, strcspn(url, "?#"));
}

void own_event_disabled(struct partition *p, const struct webhook *w,
			const char *reason)
{
	struct buf body;

	if (!is_wanted(p, w->project, DISABLED))
		return;
	begin(&body, DISABLED);
	put_id(&body, "webhook", "wh", &w->id);
	put_text(&body, "name", slice_of(w->name));
	put_text(&body, "url", without_query(w->url));
	put_text(&body, "reason", slice_of(reason));
	put_time(&body, "disabledAt", wall_ms());
	publish(p, w->project, DISABLED, &body);
}
