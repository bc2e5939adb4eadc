/*
 * record - deliveries that do not go the fast way: their records in Redis, and
 * the chains of those that keep an order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "record.h"

#include "base/clock.h"
#include "base/mem.h"
#include "router.h"
#include "store/config.h"

/* Of a chain whose webhook is gone, at a time. */
#define DROPPED_MAX 256

static struct slice encode_record(const struct delivery *d,
				  const struct last_try *last, struct buf *out)
{
	const struct event *e = d->event;
	struct msg_delivery m = {
	    .event = ulid_slice(&e->id),
	    .webhook = ulid_slice(&d->lane->id),
	    .project = e->project,
	    .event_name = e->name,
	    .created_ms = e->created_ms,
	    .tries = d->tries,
	    .dead = last->dead,
	    .last_ms = last->ms,
	    .last_status = last->status,
	    .last_error = last->error,
	};
	char place[ORDER_PLACE_BYTES];
	size_t at;

	/* Once dead its turn has passed: replayed, it follows nobody. */
	if (d->key && !last->dead) {
		order_place(d, place);
		m.ordering = slice_bytes(place, sizeof(place));
	}
	buf_reset(out);
	at = msg_frame_start(out, MSG_delivery, 0, 0);
	msg_encode_delivery(out, &m);
	msg_frame_finish(out, at, 1);
	return buf_slice(out);
}

void record_unlist(struct delivery *d)
{
	if (d->recorded)
		return;
	list_remove(&d->of_batch);
	batch_settle(d->event, &d->id);
}

/* ---- chains: the lines of order.h in Redis ---- */

static struct ops_link link_of(const struct delivery *d,
			       char member[ORDER_MEMBER_BYTES])
{
	order_place(d, member);
	memcpy(member + ORDER_PLACE_BYTES, d->id.b, sizeof(d->id.b));
	return (struct ops_link){
	    .webhook = d->line->id.b,
	    .member = slice_bytes(member, ORDER_MEMBER_BYTES),
	    .now_ms = wall_ms(),
	};
}

static void chain(struct partition *p, struct delivery *d, bool behind)
{
	char member[ORDER_MEMBER_BYTES];
	const struct ops_link link = link_of(d, member);

	ops_chain(&p->pending, &link, behind);
	order_chain(d->line->order, d->key, p->flush_number + 1);
	d->chained = true;
}

void record_unchain(struct partition *p, struct delivery *d)
{
	char member[ORDER_MEMBER_BYTES];
	struct ops_link link;

	if (!d->chained)
		return;
	link = link_of(d, member);
	/* Those of a deleted webhook only come to be dropped. */
	ops_unchain(&p->pending, &link,
		    d->lane->webhook || d->line != d->lane ? 1 : DROPPED_MAX);
	order_unchain(d->line->order, d->key);
	d->chained = false;
}

static void write_one(struct partition *p, struct delivery *d,
		      enum ops_place place, uint64_t score,
		      const struct last_try *last)
{
	struct buf record, frame;
	struct ops_record o = {
	    .place = place,
	    .score = score,
	    .id = d->id.b,
	    .event = d->event->id.b,
	    .webhook = d->lane->id.b,
	};

	buf_init(&record, 4096);
	buf_init(&frame, d->event->body.n + d->event->params.n + 4096);
	o.record = encode_record(d, last, &record);
	/* Once in a flush, however many webhooks the event waits for. */
	if (!d->recorded && d->event->framed_in != p->flush_number + 1) {
		event_encode(d->event, &frame);
		d->event->framed_in = p->flush_number + 1;
	}
	must(!buf_full(&record) && !buf_full(&frame));
	o.event_frame = buf_slice(&frame);
	ops_record(&p->pending, &o);
	buf_fini(&record);
	buf_fini(&frame);
	router_arm_flush(p->router);
	record_unlist(d);
	d->recorded = true;
	if (d->key && !d->chained && place != OPS_DEAD)
		chain(p, d, place == OPS_CHAIN);
}

void record_write(struct partition *p, struct delivery *d, enum ops_place place,
		  uint64_t score, const struct last_try *last)
{
	struct delivery *behind;

	write_one(p, d, place, score, last);
	while (d->key && place != OPS_DEAD && d->key->head == d &&
	       (behind = order_behind(d->key)) != NULL)
		settle_chain(p, behind);
}
