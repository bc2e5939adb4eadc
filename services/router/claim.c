/*
 * claim - deliveries that come back from their records: due again, or next in a
 * lane's backlog.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The script moves them to "held" in the same step. If its answer is lost, what
 * is held is in doubt, and the partition begins anew once nothing is in flight.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "parcel.h"
#include "dispatch.h"
#include "journey.h"
#include "router.h"
#include "store/config.h"
#include "store/keys.h"

#define CLAIM_COUNT 256
#define CLAIM_BYTES 1048576
/* Claims from backlogs under way in a partition: what each brings can be one
 * large record more than there is room for. */
#define REFILLS_MAX 2
/* Others may make something due: a retry or replay asked for through the API.
 */
#define DUE_LOOK_MS 500

struct claim_call {
	struct partition *partition; /* borrowed */
	uint64_t life;
	uint64_t flushed; /* what Redis had when it was asked */
	uint64_t number;
	size_t count, bytes; /* at most */
	bool backlog;
	struct ulid webhook; /* of the backlog */
};

/* One record and its event's frame, as a batch in no log. */
static struct batch *event_of(struct slice frame)
{
	char *bytes = slice_dup(frame);
	struct batch *b;

	if (batch_decode(bytes, frame.n, 0, now_ms(), &b) != ERR_OK) {
		free(bytes);
		return NULL;
	}
	if (b->n_events == 1)
		return b;
	batch_unpin(b);
	return NULL;
}

static bool record_of(struct slice in, struct msg_delivery *m,
		      struct ulid *webhook)
{
	struct msg_head head;

	return msg_decode_head(&in, &head, 1) == ERR_OK &&
	       head.type == MSG_delivery &&
	       msg_decode_delivery(&in, m) == ERR_OK &&
	       ulid_from_slice(m->webhook, webhook) == ERR_OK;
}

/* Back into its key's line, if it was in one. */
static void line_up(struct delivery *d, struct slice ordering)
{
	uint64_t hash, order;

	if (!order_place_read(ordering, &hash, &order))
		return;
	d->chained = true;
	if (lane_join(d, hash, order, now_ms()) &&
	    !order_is_chained(d->line->order, d->key))
		d->key->chained = 1;
}

static bool is_behind(const struct delivery *d)
{
	return d->key && d->key->head != d;
}

static void place(struct partition *p, struct delivery *d, bool backlog)
{
	struct router *r = p->router;
	const struct lane_limits limits = router_limits(r);
	struct lane *lane = d->lane;
	uint64_t now = now_ms();

	if (!backlog && lane_room(lane, &limits, now) != LANE_TAKE) {
		/* The lane would put it off: so it keeps the reason. */
		if (lane_is_live(lane) && circuit_is_held(&lane->pace.circuit))
			settle_put_off(p, d);
		else
			settle_spill(p, d);
		return;
	}
	if (d->parcel) {
		/* It has waited already; what is queued may wait for more. */
		d->queued_ms = now;
		lane_push_front(lane, d);
	} else if (parcel_wanted(lane)) {
		lane_push(lane, d, parcel_since_ms(d, now, wall_ms()));
	} else {
		lane_push(lane, d, now);
	}
	dispatch_touch(lane);
}

/* What the script answers for each. */
enum {
	CLAIM_ID,
	CLAIM_SCORE,
	CLAIM_RECORD,
	CLAIM_EVENT,
	CLAIM_PARCEL,
	CLAIM_N
};

static struct slice part_of(const struct reply *reply, size_t at, size_t part)
{
	return reply_bytes(reply_at(reply, at + part));
}

/* NULL: it cannot be read. */
static struct delivery *bring_back(struct partition *p,
				   const struct reply *reply, size_t at,
				   bool backlog)
{
	struct router *r = p->router;
	struct msg_delivery m;
	struct ulid id, webhook;
	struct batch *b = event_of(part_of(reply, at, CLAIM_EVENT));
	struct delivery *d;
	struct lane *lane, *line;

	if (!b || !record_of(part_of(reply, at, CLAIM_RECORD), &m, &webhook) ||
	    ulid_from_slice(part_of(reply, at, CLAIM_ID), &id) != ERR_OK ||
	    !(lane = router_lane(r, p, &webhook))) {
		(*r->m.malformed)++;
		log_error("record_unreadable", "partition=%llu",
			  (unsigned long long)p->number);
		if (b)
			batch_unpin(b);
		return NULL;
	}
	r->head_bytes += b->n_bytes;
	b->expanded = 1;
	d = delivery_new(&b->events[0], lane, &id);
	line = journey_line(p, d->event);
	r->n_deliveries++;
	batch_unpin(b);
	d->recorded = true;
	/* One that was dead has been asked for again: its count starts anew. */
	d->tries = m.dead ? 0 : (uint32_t)m.tries;
	/* Brought back before its time: the step that this cost is undone. */
	if (backlog && d->tries > 0 && slice_eq_str(m.last_error, PUT_OFF))
		d->tries--;
	d->last_ms = m.last_ms;
	d->line = line ? line : lane;
	line_up(d, m.ordering);
	return d;
}

/* Those that go together, from at on; returns where the next begin. */
static size_t bring_back_parcel(struct partition *p, const struct reply *reply,
				size_t at, bool backlog)
{
	struct slice key = part_of(reply, at, CLAIM_PARCEL);
	struct delivery *members[WEBHOOK_BATCH_MAX];
	uint32_t n = 0;

	for (; at + CLAIM_N <= reply_count(reply) && n < WEBHOOK_BATCH_MAX &&
	       slice_eq(part_of(reply, at, CLAIM_PARCEL), key);
	     at += CLAIM_N) {
		members[n] = bring_back(p, reply, at, backlog);
		n += members[n] && !is_behind(members[n]);
	}
	if (n == 0)
		return at;
	parcel_new(members, n)->written = true;
	memcpy(members[0]->parcel->key.b, key.p, ID_BYTES);
	place(p, members[0], backlog);
	return at;
}

static void bring_back_all(struct partition *p, const struct reply *reply,
			   bool backlog)
{
	size_t at = 1;

	while (at + CLAIM_N <= reply_count(reply)) {
		struct delivery *d;

		if (part_of(reply, at, CLAIM_PARCEL).n == ID_BYTES) {
			at = bring_back_parcel(p, reply, at, backlog);
			continue;
		}
		d = bring_back(p, reply, at, backlog);
		if (d && !is_behind(d))
			place(p, d, backlog);
		at += CLAIM_N;
	}
}

static void on_due(struct partition *p, const struct reply *reply)
{
	int64_t next = reply_int(reply_at(reply, 0));
	uint64_t look = wall_ms() + DUE_LOOK_MS;

	bring_back_all(p, reply, false);
	p->next_due_ms =
	    next >= 0 && (uint64_t)next < look ? (uint64_t)next : look;
}

static void on_backlog(struct partition *p, const struct claim_call *call,
		       const struct reply *reply)
{
	struct lane *lane =
	    table_find(p->router->lanes, ulid_slice(&call->webhook));

	bring_back_all(p, reply, true);
	/* What was spilled meanwhile, it could not know of. */
	if (lane && reply_int(reply_at(reply, 0)) < 0 &&
	    lane->spilled_in <= call->flushed)
		lane->backlog = false;
}

static void end_call(struct partition *p, const struct claim_call *call)
{
	struct lane *lane;

	if (!call->backlog) {
		p->claiming = false;
		return;
	}
	p->refilling--;
	lane = table_find(p->router->lanes, ulid_slice(&call->webhook));
	if (lane)
		lane->refilling = false;
}

static void on_claim(void *arg, enum err e, const struct reply *reply)
{
	struct claim_call *call = arg;
	struct partition *p = call->partition;

	p->router->coming -= call->count;
	p->router->coming_bytes -= call->bytes;
	if (call->life == p->life) {
		end_call(p, call);
		if (e == ERR_OK && reply_count(reply) > 1)
			p->claims_done = call->number;
		if (e == ERR_OK && call->backlog) {
			on_backlog(p, call, reply);
			claim_backlogs(p);
		} else if (e == ERR_OK) {
			on_due(p, reply);
		} else if (e == ERR_CLOSED) {
			partition_doubt(p);
		} else {
			p->next_due_ms = wall_ms() + DUE_LOOK_MS;
		}
	}
	free(call);
}

/* A part of what is free, and the script stops at the record that exceeds it.
 */
static void bound(const struct router *r, struct claim_call *call)
{
	const struct lane_limits limits = router_limits(r);

	call->count =
	    limits.head_max < CLAIM_COUNT ? limits.head_max : CLAIM_COUNT;
	call->bytes =
	    limits.bytes_max < CLAIM_BYTES ? limits.bytes_max : CLAIM_BYTES;
}

static bool claim(struct partition *p, struct slice source,
		  struct slice highest, const struct lane *lane)
{
	static const char *const names[] = {"epoch",	"",	 "held",
					    "delivery", "event", "backlogs",
					    "parcel",	"claim"};
	struct claim_call *call = xcalloc(1, sizeof(*call));
	char keys[8][KEY_SIZE], number[24], count[24], bytes[24];
	char id[ID_TEXT_SIZE] = "";
	struct router *r = p->router;
	struct slice k[8], argv[6];

	for (size_t i = 0; i < 8; i++)
		k[i] = partition_key(p, keys[i], names[i]);
	k[1] = source;
	call->partition = p;
	call->life = p->life;
	call->flushed = flush_done(p);
	if (lane) {
		call->backlog = true;
		call->webhook = lane->id;
		ulid_format(id, "wh", &lane->id);
	}
	call->number = ++p->claims_sent;
	snprintf(number, sizeof(number), "%llu",
		 (unsigned long long)call->number);
	bound(r, call);
	/* Then it is for a probe: others would only be put off. */
	if (lane && lane_is_live(lane) &&
	    lane->pace.circuit.state != CIRCUIT_CLOSED)
		call->count = 1;
	snprintf(count, sizeof(count), "%zu", call->count);
	snprintf(bytes, sizeof(bytes), "%zu", call->bytes);
	argv[0] = slice_of(p->fence);
	argv[1] = highest;
	argv[2] = slice_of(count);
	argv[3] = slice_of(bytes);
	argv[4] = lane ? slice_of(id + 3) : SLICE_LIT("");
	argv[5] = slice_of(number);
	if (redis_script(r->redis, SCRIPT_CLAIM, k, 8, argv, 6, on_claim,
			 call) != ERR_OK) {
		free(call);
		return false;
	}
	r->coming += call->count;
	r->coming_bytes += call->bytes;
	return true;
}

void claim_due(struct partition *p, uint64_t wall)
{
	char key[KEY_SIZE], now[24];

	/* The clock was set back. */
	if (p->next_due_ms > wall + DUE_LOOK_MS)
		p->next_due_ms = wall + DUE_LOOK_MS;
	if (p->state != PARTITION_HELD || p->claiming ||
	    wall < p->next_due_ms || !partition_may_claim(p) ||
	    !router_has_room(p->router, 0))
		return;
	snprintf(now, sizeof(now), "%llu", (unsigned long long)wall);
	p->claiming =
	    claim(p, partition_key(p, key, "due"), slice_of(now), NULL);
}

/* A quarter of the memory is kept for the log and for what is due: backlogs of
 * receivers that hang could fill all of it. A lane that does nothing gets its
 * next one all the same, for it goes straight to a sender. */
static bool may_refill(const struct router *r, const struct lane *lane)
{
	if (lane->queued == 0 && lane->in_flight == 0)
		return router_has_room(r, 0);
	return r->n_deliveries <= (size_t)r->conf.head_deliveries / 4 * 3 &&
	       r->head_bytes <= (size_t)r->conf.head_bytes / 4 * 3 &&
	       router_has_room(r, 0);
}

void claim_backlog(struct lane *lane)
{
	struct partition *p = lane->partition;
	const struct lane_limits limits = router_limits(p->router);
	char key[KEY_SIZE];

	if (p->refilling >= REFILLS_MAX ||
	    !lane_wants_refill(lane, &limits, now_ms()) ||
	    !partition_may_claim(p) || !may_refill(p->router, lane))
		return;
	lane->refilling =
	    claim(p, key_lane(key, p->number, "backlog", lane->id.b),
		  SLICE_LIT("+inf"), lane);
	p->refilling += lane->refilling;
}

void claim_backlogs(struct partition *p)
{
	struct list *node = p->lanes.next, *next;

	for (; node != &p->lanes && p->refilling < REFILLS_MAX; node = next) {
		struct lane *lane = container_of(node, struct lane, node);

		next = node->next;
		if (!lane->backlog || lane->refilling)
			continue;
		claim_backlog(lane);
		/* Whoever had its turn goes to the end. */
		if (lane->refilling) {
			list_remove(node);
			list_push(&p->lanes, node);
		}
	}
}
