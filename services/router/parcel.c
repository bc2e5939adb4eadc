/*
 * parcel - deliveries of one lane that go to their receiver in one request.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "parcel.h"

#include <stdlib.h>

#include "base/mem.h"
#include "proto/messages.h"
#include "store/config.h"

#define BRACKETS 2

struct parcel *parcel_new(struct delivery *const *members, uint32_t n)
{
	struct parcel *p;

	must(n > 0);
	p = xcalloc(1, sizeof(*p) + n * sizeof(members[0]));
	p->key = members[0]->id;
	p->n = n;
	p->bytes = BRACKETS + n - 1;
	for (uint32_t i = 0; i < n; i++) {
		must(!members[i]->parcel && list_empty(&members[i]->node));
		members[i]->parcel = p;
		p->members[i] = members[i];
		p->bytes += members[i]->event->body.n;
	}
	return p;
}

struct parcel *parcel_open(struct delivery *first)
{
	struct parcel *p = first->parcel;

	must(!p || p->members[0] == first);
	for (uint32_t i = 0; p && i < p->n; i++)
		p->members[i]->parcel = NULL;
	return p;
}

/* ---- when, and of what ---- */

bool parcel_wanted(const struct lane *lane)
{
	return lane_is_live(lane) && lane->webhook->batch_events > 0;
}

static struct delivery *head_of(const struct lane *lane)
{
	struct list *first = list_first(&lane->queue);

	return first ? container_of(first, struct delivery, node) : NULL;
}

static bool is_full(const struct lane *lane, const struct lane_limits *limits,
		    uint64_t now)
{
	return lane->queued >= lane->webhook->batch_events ||
	       BRACKETS + lane->bytes + lane->queued > PARCEL_BYTES_MAX ||
	       /* More would not come, however long it waited. */
	       lane_room(lane, limits, now) != LANE_TAKE;
}

uint64_t parcel_wait_ms(const struct lane *lane,
			const struct lane_limits *limits, uint64_t now)
{
	const struct delivery *d = head_of(lane);
	uint64_t until;

	if (!d || d->parcel || is_full(lane, limits, now))
		return 0;
	until = d->queued_ms + lane->webhook->batch_wait_ms;
	return until > now ? until - now : 0;
}

uint64_t parcel_since_ms(const struct delivery *d, uint64_t now, uint64_t wall)
{
	uint64_t accepted = ulid_wall_ms(&d->id);
	uint64_t age = wall > accepted ? wall - accepted : 0;

	return age < now ? now - age : 0;
}

/* All of a request have had as many tries, so one decision fits all. Who keeps
 * an order, from before there were batches, goes alone: others wait for it. */
static bool fits(const struct delivery *d, const struct delivery *first,
		 size_t bytes)
{
	return !d->parcel && !d->key && !first->key &&
	       d->tries == first->tries &&
	       bytes + 1 + d->event->body.n <= PARCEL_BYTES_MAX;
}

struct delivery *parcel_take(struct lane *lane, uint64_t wall,
			     struct list *expired)
{
	struct delivery *members[WEBHOOK_BATCH_MAX], *d = head_of(lane);
	size_t bytes = BRACKETS - 1;
	uint32_t n = 0;

	if (d && d->parcel)
		return lane_pop(lane);
	while (n < lane->webhook->batch_events && (d = head_of(lane)) != NULL &&
	       (n == 0 ? !d->parcel : fits(d, members[0], bytes))) {
		lane_pop(lane);
		if (d->event->expires_ms && wall >= d->event->expires_ms) {
			list_push(expired, &d->node);
			continue;
		}
		bytes += 1 + d->event->body.n;
		members[n++] = d;
	}
	if (n == 0)
		return NULL;
	parcel_new(members, n);
	return members[0];
}

/* ---- what receivers get ---- */

struct ulid parcel_id(const struct parcel *p)
{
	struct ulid id = p->members[0]->event->id;

	for (uint32_t i = 0; i < p->n; i++)
		id = ulid_derive(&id, &p->members[i]->event->id);
	return id;
}

uint64_t parcel_expires_ms(const struct delivery *d)
{
	const struct parcel *p = d->parcel;
	uint64_t last = p ? 0 : d->event->expires_ms;

	for (uint32_t i = 0; p && i < p->n; i++) {
		uint64_t ms = p->members[i]->event->expires_ms;

		if (ms == 0)
			return 0;
		last = ms > last ? ms : last;
	}
	return last;
}

void parcel_body(const struct parcel *p, struct buf *out)
{
	for (uint32_t i = 0; i < p->n; i++) {
		buf_append_char(out, i ? ',' : '[');
		buf_append_slice(out, p->members[i]->event->body);
	}
	buf_append_char(out, ']');
}

void parcel_ids(const struct parcel *p, struct buf *out)
{
	for (uint32_t i = 0; i < p->n; i++)
		buf_append(out, p->members[i]->id.b, ID_BYTES);
}
