/*
 * follow - a partition's log, from hints while they come and from Redis when
 * not. SPDX-License-Identifier: Apache-2.0
 *
 * Entries are numbered without gaps, so the next number is either here or known
 * to be missing. Takes entries in by their order, matches their events, and
 * stops when memory or a lane is full: the log keeps the rest.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "dispatch.h"
#include "journey.h"
#include "match.h"
#include "parcel.h"
#include "router.h"
#include "store/config.h"
#include "store/keys.h"

/* How long a hint may be late before its entry is read from Redis. */
#define GAP_MS 5
/* What is read at a time, in bytes as far as the average tells. */
#define READ_BYTES (512u * 1024)
#define READ_ENTRIES_MAX 8u
#define MARKS_MAX 100000
#define STRAGGLERS_A_TURN 2000

struct left_mark {
	size_t n;
	char bytes[];
};

struct read_call {
	struct partition *partition; /* borrowed */
	uint64_t life, newest;
};

static struct read_call *call_new(struct partition *p)
{
	struct read_call *call = xcalloc(1, sizeof(*call));

	call->partition = p;
	call->life = p->life;
	call->newest = p->newest;
	return call;
}

static struct slice seq_key(const uint64_t *seq)
{
	return slice_bytes(seq, sizeof(*seq));
}

/* ---- marks of an earlier router ---- */

static void marks_free(struct partition *p)
{
	size_t pos = 0;
	void *mark;

	if (!p->marks)
		return;
	while (table_next(p->marks, &pos, NULL, &mark))
		free(mark);
	table_free(&p->marks);
}

static void keep_mark(struct partition *p, struct slice seq, struct slice frame)
{
	uint64_t number;
	struct left_mark *mark;

	if (!slice_parse_u64(seq, &number) ||
	    table_find(p->marks, seq_key(&number)))
		return;
	mark = xmalloc(sizeof(*mark) + frame.n);
	mark->n = frame.n;
	memcpy(mark->bytes, frame.p, frame.n);
	if (table_put(p->marks, seq_key(&number), mark) != ERR_OK)
		free(mark);
}

static void on_marks(void *arg, enum err e, const struct reply *reply)
{
	struct read_call *call = arg;
	struct partition *p = call->partition;

	if (call->life == p->life && p->state == PARTITION_LOADING) {
		if (e != ERR_OK) {
			partition_drop(p, "marks_not_read");
		} else {
			p->marks = table_new(MARKS_MAX);
			for (size_t i = 0; i + 1 < reply_count(reply); i += 2)
				keep_mark(p, reply_bytes(reply_at(reply, i)),
					  reply_bytes(reply_at(reply, i + 1)));
			p->state = PARTITION_HELD;
		}
	}
	free(call);
}

void follow_marks(struct partition *p)
{
	struct read_call *call = call_new(p);
	char key[KEY_SIZE];
	struct slice argv[2] = {SLICE_LIT("HGETALL"),
				partition_key(p, key, "mark")};

	if (redis_command(p->router->redis, argv, 2, on_marks, call) == ERR_OK)
		return;
	free(call);
	partition_drop(p, "marks_not_read");
}

/* ---- entries ---- */

static char *stash_remove(struct partition *p, size_t i)
{
	char *bytes = p->stash[i].bytes;

	p->router->head_bytes -= p->stash[i].n;
	p->stash[i] = p->stash[--p->n_stash];
	return bytes;
}

static void stash_clear(struct partition *p)
{
	while (p->n_stash > 0)
		free(stash_remove(p, 0));
	p->gap_ms = 0;
}

void follow_forget(struct partition *p)
{
	struct list *node;

	stash_clear(p);
	marks_free(p);
	p->expanding = NULL;
	while ((node = list_first(&p->batches)) != NULL) {
		struct batch *b = container_of(node, struct batch, node);

		list_remove(&b->node);
		p->router->head_bytes -= batch_unpin(b);
	}
}

static void use_mark(struct partition *p, struct batch *b)
{
	struct left_mark *mark;

	if (!p->marks)
		return;
	mark = table_delete(p->marks, seq_key(&b->seq));
	if (mark)
		batch_set_mark(b, slice_bytes(mark->bytes, mark->n));
	free(mark);
}

/* An entry that cannot be read must not stop the log: it is left where it is,
 * for a release that understands it, and said aloud. */
static void take_in(struct partition *p, uint64_t seq, char *bytes, size_t n)
{
	struct router *r = p->router;
	struct batch *b;
	enum err rc = batch_decode(bytes, n, seq, now_ms(), &b);

	p->cursor = seq;
	if (rc != ERR_OK) {
		(*r->m.malformed)++;
		log_error("log_entry_unreadable",
			  "partition=%llu seq=%llu error=\"%s\"",
			  (unsigned long long)p->number,
			  (unsigned long long)seq, err_text(rc));
		free(bytes);
		return;
	}
	r->head_bytes += n;
	(*r->m.events) += b->n_events;
	use_mark(p, b);
	list_push(&p->batches, &b->node);
	p->expanding = b;
}

static bool can_take(const struct partition *p, size_t bytes)
{
	return p->state == PARTITION_HELD && !p->resync && !p->expanding &&
	       router_has_room(p->router, bytes);
}

void follow_newest(struct partition *p, uint64_t newest)
{
	if (newest > p->newest)
		p->newest = newest;
}

bool follow_answer(struct partition *p, struct slice text)
{
	uint64_t newest;

	if (text.n == 0 || text.p[0] != '#')
		return false;
	if (slice_parse_u64(slice_bytes(text.p + 1, text.n - 1), &newest))
		follow_newest(p, newest);
	return true;
}

static void stash_add(struct partition *p, uint64_t seq, uint64_t after,
		      struct slice frame)
{
	struct stashed_entry *s;

	for (size_t i = 0; i < p->n_stash; i++)
		if (p->stash[i].seq == seq)
			return;
	if (p->n_stash == STASH_MAX)
		return;
	s = &p->stash[p->n_stash++];
	s->seq = seq;
	s->after = after;
	s->n = frame.n;
	s->bytes = slice_dup(frame);
	p->router->head_bytes += frame.n;
	if (!p->gap_ms)
		p->gap_ms = now_ms();
}

/* The next entry in order, if it is here; -1: it is not. */
static int stash_next(const struct partition *p)
{
	for (size_t i = 0; i < p->n_stash; i++)
		if (p->stash[i].seq > p->cursor &&
		    p->stash[i].after <= p->cursor)
			return (int)i;
	return -1;
}

static bool stash_use(struct partition *p)
{
	struct stashed_entry s;
	size_t k = 0;
	int i;

	while (k < p->n_stash) {
		if (p->stash[k].seq <= p->cursor)
			free(stash_remove(p, k));
		else
			k++;
	}
	/* Its bytes are counted already, so room is no question. */
	i = stash_next(p);
	if (i < 0 || p->expanding)
		return false;
	s = p->stash[i];
	take_in(p, s.seq, stash_remove(p, (size_t)i), s.n);
	if (p->n_stash == 0)
		p->gap_ms = 0;
	return true;
}

void follow_hint(struct partition *p, uint64_t seq, struct slice frame)
{
	struct router *r = p->router;

	(*r->m.hints)++;
	if (p->state != PARTITION_HELD)
		return;
	follow_newest(p, seq);
	if (seq <= p->cursor)
		return;
	if (seq == p->cursor + 1 && can_take(p, frame.n))
		take_in(p, seq, slice_dup(frame), frame.n);
	else if (seq <= p->cursor + STASH_MAX && !p->reading &&
		 router_has_room(r, frame.n))
		stash_add(p, seq, seq - 1, frame);
	else
		(*r->m.hints_dropped)++;
}

/* "<seq>-0" and ["b", frame] */
static bool entry_of(const struct reply *entry, uint64_t *seq,
		     struct slice *frame)
{
	struct slice id = reply_bytes(reply_at(entry, 0));
	const struct reply *fields = reply_at(entry, 1);
	struct slice number;

	if (!slice_cut(&id, '-', &number) || reply_count(fields) < 2)
		return false;
	*frame = reply_bytes(reply_at(fields, 1));
	return slice_parse_u64(number, seq);
}

static void take_entries(struct partition *p, const struct reply *reply)
{
	uint64_t seq, after = p->cursor;
	struct slice frame;

	for (size_t i = 0; i < reply_count(reply); i++) {
		if (!entry_of(reply_at(reply, i), &seq, &frame))
			continue;
		p->entry_average += frame.n / 4 - p->entry_average / 4;
		if (seq > p->cursor)
			stash_add(p, seq, after, frame);
		after = seq;
	}
}

static void on_entries(void *arg, enum err e, const struct reply *reply)
{
	struct read_call *call = arg;
	struct partition *p = call->partition;

	if (call->life == p->life) {
		p->reading = false;
		stash_clear(p);
		if (e == ERR_OK && reply_count(reply) == 0) {
			/* All of it up to then has been settled already. */
			if (call->newest > p->cursor)
				p->cursor = call->newest;
		} else if (e == ERR_OK) {
			take_entries(p, reply);
		}
	}
	free(call);
}

static void read_on(struct partition *p)
{
	struct read_call *call = call_new(p);
	char key[KEY_SIZE], from[32], count[16];
	size_t n = READ_BYTES / (p->entry_average + 1);
	struct slice argv[6] = {SLICE_LIT("XRANGE"), {0}, {0}, SLICE_LIT("+"),
				SLICE_LIT("COUNT"),  {0}};

	snprintf(from, sizeof(from), "%llu-0",
		 (unsigned long long)p->cursor + 1);
	if (n < 1 || n > READ_ENTRIES_MAX)
		n = n < 1 ? 1 : READ_ENTRIES_MAX;
	snprintf(count, sizeof(count), "%zu", n);
	argv[1] = partition_key(p, key, "log");
	argv[2] = slice_of(from);
	argv[5] = slice_of(count);
	(*p->router->m.log_reads)++;
	p->reading = true;
	if (redis_command(p->router->redis, argv, 6, on_entries, call) ==
	    ERR_OK)
		return;
	p->reading = false;
	free(call);
}

/* ---- matching ---- */

/* Without any sender no lane is slow, all of them wait: the log keeps the rest.
 */
static enum lane_room room(const struct router *r, const struct lane *lane,
			   uint64_t now)
{
	const struct lane_limits limits = router_limits(r);
	enum lane_room room = lane_room(lane, &limits, now);

	return room == LANE_SPILL && r->senders.n == 0 ? LANE_WAIT : room;
}

static bool set_has_room(const struct router *r, const struct lane_set *set,
			 uint64_t now)
{
	for (size_t i = 0; i < set->n; i++)
		if (room(r, set->lanes[i], now) == LANE_WAIT)
			return false;
	return true;
}

/* The log's numbers and the places within its entries grow together. */
static uint64_t place_in_log(const struct event *e)
{
	return e->batch->seq * BATCH_EVENTS_MAX +
	       (uint64_t)(e - e->batch->events);
}

/* The room that a line has taken which does not move is the lane's again. */
static void make_room(struct partition *p, struct lane *lane, uint64_t now)
{
	struct delivery *slow = order_oldest(lane_order(lane));

	if (slow && room(p->router, lane, now) == LANE_SPILL)
		settle_line(p, slow->key);
}

/* Joins its key's line. False: it is not for the queue now. */
static bool line_up(struct partition *p, struct delivery *d, uint64_t now)
{
	struct lane *line = d->line;
	struct order *o;
	bool first;

	make_room(p, line, now);
	first = lane_join(d, order_hash(d->event->ordering_key),
			  place_in_log(d->event), now);
	o = line->order;
	if (!order_is_chained(o, d->key))
		return first;
	if (!first && !d->key->head->recorded)
		settle_line(p, d->key);
	else
		settle_chain(p, d);
	return false;
}

/* line: whose order it keeps, NULL: its lane's. */
static void offer(struct partition *p, struct event *e, struct lane *lane,
		  struct lane *line, uint64_t now)
{
	struct router *r = p->router;
	struct ulid id = ulid_derive(&e->id, &lane->id);
	struct delivery *d;

	if (batch_delivery_was_settled(e->batch, &id))
		return;
	d = delivery_new(e, lane, &id);
	r->n_deliveries++;
	list_push(&e->batch->deliveries, &d->of_batch);
	batch_open(e);
	if (line)
		d->line = line;
	if ((line || lane_is_ordered(lane)) && e->ordering_key.n > 0 &&
	    !line_up(p, d, now))
		return;
	if (room(r, lane, now) == LANE_SPILL) {
		settle_spill(p, d);
		return;
	}
	lane_push(lane, d, now);
	dispatch_touch(lane);
}

static bool expand_event(struct partition *p, struct batch *b, size_t i,
			 uint64_t now)
{
	struct router *r = p->router;
	struct event *e = &b->events[i];
	struct matched matched;
	struct lane *line;

	if (batch_event_was_settled(b, i)) {
		b->expanded++;
		return true;
	}
	if (r->n_deliveries >= (size_t)r->conf.head_deliveries)
		return false;
	match_find(r->match, r, e, &matched);
	line = journey_line(p, e);
	for (size_t s = 0; s < MATCHED_SETS; s++)
		if (!set_has_room(r, matched.sets[s], now))
			return false;
	/* Those behind others of their path count there. */
	if (line && room(r, line, now) == LANE_WAIT)
		return false;
	batch_open(e);
	for (size_t s = 0; s < MATCHED_SETS; s++)
		for (size_t k = 0; k < matched.sets[s]->n; k++)
			offer(p, e, matched.sets[s]->lanes[k], line, now);
	batch_close(e);
	b->expanded++;
	return true;
}

static bool expand(struct partition *p)
{
	struct batch *b = p->expanding;
	size_t before = b->expanded;
	uint64_t now = now_ms();

	/* The last pin may go while events settle at once: hold one. */
	batch_pin(b);
	while (b->expanded < b->n_events && partition_may_write(p) &&
	       expand_event(p, b, b->expanded, now))
		;
	if (b->expanded == b->n_events) {
		p->expanding = NULL;
		settle_entry(p, b);
	}
	before = b->expanded - before;
	p->router->head_bytes -= batch_unpin(b);
	return before > 0 || !p->expanding;
}

bool follow_pump(struct partition *p)
{
	bool progress = false;

	if (p->state != PARTITION_HELD || p->resync)
		return false;
	if (p->expanding)
		progress = expand(p);
	if (p->n_stash > 0)
		progress = stash_use(p) || progress;
	if (p->expanding || p->reading || p->newest <= p->cursor ||
	    stash_next(p) >= 0 || !router_has_room(p->router, 0))
		return progress;
	/* A hint that is only late need not be read. */
	if (p->n_stash > 0 && now_ms() - p->gap_ms < GAP_MS)
		return progress;
	read_on(p);
	return progress;
}

/* ---- stragglers ---- */

void follow_rehome(struct router *r, struct delivery *d)
{
	struct batch *own = batch_of_event(d->event), *old = d->event->batch;

	list_remove(&d->of_batch);
	d->event = &own->events[0];
	if (!d->sent)
		r->head_bytes += own->n_bytes;
	/* The list's pin becomes the delivery's. */
	r->head_bytes -= batch_unpin(old);
}

static void hold(struct partition *p, struct delivery *d)
{
	settle_hold(p, d);
	for (uint32_t i = 0; i < parcel_size(d); i++)
		if (parcel_at(d, i)->event->batch->seq)
			follow_rehome(p->router, parcel_at(d, i));
}

/* It waits for a batch to fill, not for its receiver. */
static bool is_gathering(const struct router *r, const struct lane *lane)
{
	const struct lane_limits limits = router_limits(r);

	return parcel_wanted(lane) &&
	       parcel_wait_ms(lane, &limits, now_ms()) > 0;
}

static size_t record_open(struct partition *p, struct batch *b, size_t budget)
{
	struct router *r = p->router;
	struct list *node;
	size_t done = 0;

	while (done < budget && (node = list_first(&b->deliveries)) != NULL) {
		struct delivery *d =
		    parcel_first(container_of(node, struct delivery, of_batch));

		done += parcel_size(d);
		if (d->key && !d->parcel) {
			settle_line(p, d->key);
		} else if (d->sent || is_gathering(r, d->lane)) {
			hold(p, d);
		} else {
			lane_remove(d->lane, d);
			settle_spill(p, d);
		}
	}
	settle_entry(p, b);
	return done < budget ? done : budget;
}

void follow_stragglers(struct partition *p)
{
	uint64_t now = now_ms();
	uint64_t age = (uint64_t)p->router->conf.straggler_ms;
	size_t budget = STRAGGLERS_A_TURN;
	struct list *node = p->batches.next;

	if (!partition_may_dispatch(p) || p->router->senders.n == 0)
		return;
	while (node != &p->batches && budget > 0) {
		struct batch *b = container_of(node, struct batch, node);

		if (now - b->seen_ms <= age)
			return;
		/* Others may go with it: those that share a parcel. */
		batch_pin(b);
		budget -= record_open(p, b, budget);
		node = list_empty(node) ? p->batches.next : node->next;
		p->router->head_bytes -= batch_unpin(b);
	}
}
