/*
 * dispatch - from lanes to senders, and what senders say.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A sender has an allowance of tasks; within it whoever has most room gets the
 * next few. Lanes take turns of QUANTUM. Frames fill up during a turn of the
 * loop and go out at its end.
 */
#include "dispatch.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "journey.h"
#include "parcel.h"
#include "router.h"
#include "stored.h"
#include "store/config.h"
#include "wake.h"

#define QUANTUM 8
#define FRAME_TASKS_MAX 256
#define FRAME_BYTES_MAX (1024 * 1024)
#define RESULTS_MAX 65536
/* A sender speaks twice a second. */
#define SENDER_LOST_MS 5000

/* Not before something else happens, which touches the lane. */
#define NEVER UINT64_MAX

/* What the lane's pace says of the delivery at the head of its queue. */
static enum pace_go next_go(const struct lane *lane, uint64_t now)
{
	const struct delivery *d =
	    container_of(list_first(&lane->queue), struct delivery, node);

	return pace_next(&lane->pace, lane->webhook, d->tries, lane->in_flight,
			 now);
}

static uint64_t pace_ms(struct lane *lane, uint64_t now)
{
	uint64_t us;

	if (!lane_is_live(lane))
		return 0;
	if (lane->webhook->is_journey && !stored_ready(lane))
		return NEVER;
	us = pace_wait_us(&lane->pace, lane->webhook, now);
	if (us > 0)
		return (us + 999) / 1000;
	return next_go(lane, now) == PACE_WAIT ? NEVER : 0;
}

/* How long the lane waits though it is ready: for its pace and, when its queue
 * goes in batches, for more. */
static uint64_t wait_ms(struct lane *lane, uint64_t now)
{
	uint64_t pace = pace_ms(lane, now), more;
	struct lane_limits limits;

	if (!parcel_wanted(lane))
		return pace;
	limits = router_limits(lane->partition->router);
	more = parcel_wait_ms(lane, &limits, now / 1000);
	return more > pace ? more : pace;
}

static bool has_work(struct lane *lane, uint64_t now)
{
	return lane_is_ready(lane) && wait_ms(lane, now) == 0;
}

void dispatch_touch(struct lane *lane)
{
	uint64_t ms;

	if (!list_empty(&lane->ready) || !lane_is_ready(lane) ||
	    !partition_may_dispatch(lane->partition))
		return;
	ms = wait_ms(lane, now_us());
	if (ms == NEVER)
		return;
	if (ms > 0)
		wake_lane(lane, ms);
	else
		ring_push(&lane->partition->router->ring, lane);
}

void dispatch_touch_all(struct partition *p)
{
	LIST_FOREACH (node, &p->lanes)
		dispatch_touch(container_of(node, struct lane, node));
}

/* ---- losing a sender ---- */

/* Its delivery, which is with no sender any more; NULL: it was given up. */
static struct delivery *end_task(struct router *r, struct task *t)
{
	struct delivery *d = t->delivery;

	t->sender->outstanding--;
	tasks_remove(r->tasks, t);
	if (!d)
		return NULL;
	router_take_back(r, d);
	d->lane->in_flight--;
	d->lane->partition->in_flight--;
	return d;
}

static void take_back(struct router *r, struct task *t, bool may_live)
{
	struct delivery *d = end_task(r, t);
	struct lane *lane;

	if (!d)
		return;
	lane = d->lane;
	lane_take_back(lane, d);
	/* It may yet be started, and nothing behind it may be sent before. */
	if (d->key && !d->parcel && may_live)
		settle_defer(lane->partition, d, d->start_by_ms + 1);
	else
		lane_push_front(lane, d);
	dispatch_touch(lane);
}

/* may_live: it is out of reach, but perhaps at work. */
static void lose(struct router *r, struct sender *s, const char *why,
		 bool may_live)
{
	struct task *t;
	size_t pos = 0;

	log_info("sender_lost", "instance=%s why=%s tasks=%llu", s->instance,
		 why, (unsigned long long)s->outstanding);
	(*r->m.senders_lost)++;
	s->allowance = 0;
	while ((t = tasks_next(r->tasks, &pos)) != NULL)
		if (t->sender == s)
			take_back(r, t, may_live);
	senders_remove(&r->senders, s);
}

void dispatch_reap(struct router *r)
{
	struct sender *s;

	while ((s = senders_silent(&r->senders, now_ms(), SENDER_LOST_MS)))
		lose(r, s, "silent", true);
}

/* ---- handing out ---- */

static void send_frame(struct router *r, struct sender *s)
{
	struct slice identity = slice_bytes(s->identity, s->n_identity);
	size_t n;
	char *bytes;
	enum err rc;

	msg_frame_finish(&s->frame, s->frame_at, s->n_frame);
	s->n_frame = 0;
	bytes = buf_take(&s->frame, &n);
	rc = pipe_send_owned(r->sender_pipe, &identity, 1, bytes, n);
	if (rc == ERR_OK)
		return;
	free(bytes);
	lose(r, s, err_text(rc), true);
}

void dispatch_send(struct router *r)
{
	struct list *node = r->senders.all.next, *next;

	for (; node != &r->senders.all; node = next) {
		struct sender *s = container_of(node, struct sender, node);

		next = node->next;
		if (s->n_frame > 0)
			send_frame(r, s);
	}
}

static struct slice body_of(struct router *r, const struct delivery *d)
{
	if (!d->parcel)
		return d->event->body;
	buf_reset(&r->body);
	parcel_body(d->parcel, &r->body);
	must(!buf_full(&r->body));
	return buf_slice(&r->body);
}

static void hand_out(struct router *r, struct delivery *d, struct sender *s)
{
	struct lane *lane = d->lane;
	struct ulid id = d->parcel ? parcel_id(d->parcel) : d->event->id;
	const struct msg_task m = {
	    .task = tasks_add(r->tasks, d, s),
	    .event = ulid_slice(&id),
	    .webhook = ulid_slice(&lane->id),
	    .version = lane->webhook->version,
	    .attempt = d->tries + 1,
	    .start_by_ms = lane->partition->lease_until_wall_ms,
	    .body = body_of(r, d),
	    .tile = d->event->tile,
	    .params = d->event->params,
	    .stored = stored_json(d),
	};

	if (s->n_frame == 0)
		s->frame_at = msg_frame_start(&s->frame, MSG_task,
					      lane->partition->number, 0);
	msg_encode_task(&s->frame, &m);
	must(!buf_full(&s->frame));
	s->n_frame++;
	s->outstanding++;
	d->start_by_ms = m.start_by_ms;
	d->version = m.version;
	router_send_off(r, d);
	lane->in_flight++;
	lane->partition->in_flight++;
	(*r->m.tasks)++;
}

static bool is_expired(const struct delivery *d, uint64_t wall)
{
	uint64_t ms = parcel_expires_ms(d);

	return ms && wall >= ms;
}

static bool frame_is_full(const struct sender *s)
{
	return s->n_frame >= FRAME_TASKS_MAX || s->frame.n >= FRAME_BYTES_MAX;
}

/* The one to hand the next task to, NULL when none has room. Sending a full
 * frame may find its sender gone, so the choice is made anew after it. */
static struct sender *next_sender(struct router *r, struct sender *s)
{
	if (s && sender_room(s) > 0 && !frame_is_full(s))
		return s;
	while ((s = senders_pick(&r->senders)) != NULL && frame_is_full(s))
		send_frame(r, s);
	return s;
}

static const char *cannot_start(struct router *r, const struct delivery *d,
				uint64_t wall)
{
	if (!d->lane->webhook)
		return "webhook_deleted";
	if (!d->lane->webhook->enabled)
		return "webhook_disabled";
	if (d->stored && d->stored->too_large)
		return "stored_data_too_large";
	if (!is_expired(d, wall))
		return NULL;
	*r->m.expired += parcel_size(d);
	return "expired";
}

/* What the next request is for. What has expired in a queue that goes in
 * batches has its end here; NULL: all of it had. */
static struct delivery *take_next(struct router *r, struct lane *lane,
				  uint64_t wall)
{
	struct list expired, *node;
	struct delivery *next;

	if (!parcel_wanted(lane))
		return lane_pop(lane);
	list_init(&expired);
	next = parcel_take(lane, wall, &expired);
	while ((node = list_pop(&expired)) != NULL) {
		(*r->m.expired)++;
		settle_give_up(lane->partition,
			       container_of(node, struct delivery, node),
			       "expired");
	}
	return next;
}

static void start(struct router *r, struct delivery *d, struct sender *s,
		  enum pace_go go, uint64_t now)
{
	struct lane *lane = d->lane;

	if (go != PACE_SKIP) {
		pace_start(&lane->pace, lane->webhook, go, now);
		d->probe = go == PACE_PROBE;
		hand_out(r, d, s);
	} else if (circuit_is_held(&lane->pace.circuit) ||
		   d->tries < lane->webhook->n_retry_delays) {
		settle_put_off(lane->partition, d);
	} else {
		/* Not the one that was looked at: that had expired. */
		lane_push_front(lane, d);
	}
}

/* A few of one lane; false when no sender has room. */
static bool turn(struct router *r, struct lane *lane)
{
	uint64_t wall = wall_ms(), now = now_us();
	struct sender *s = NULL;

	for (int i = 0; i < QUANTUM && has_work(lane, now); i++) {
		enum pace_go go = PACE_SKIP;
		struct delivery *d;
		const char *why;

		if (lane_is_live(lane))
			go = next_go(lane, now);
		if (go != PACE_SKIP) {
			s = next_sender(r, s);
			if (!s)
				return false;
		}
		d = take_next(r, lane, wall);
		if (!d)
			continue;
		why = cannot_start(r, d, wall);
		if (journey_is_exit(d))
			settle_exit(lane->partition, d);
		else if (why)
			settle_give_up(lane->partition, d, why);
		else
			start(r, d, s, go, now);
	}
	return true;
}

/* A lane may have no more with senders than is still free: however many
 * receivers hang, what is left for the others shrinks but does not go. */
static bool has_its_share(const struct router *r, const struct lane *lane)
{
	uint64_t room = senders_room(&r->senders);

	return lane_is_live(lane) && room > 0 && lane->in_flight >= room;
}

bool dispatch_pump(struct router *r)
{
	size_t turns = 1024;
	bool progress = false, more = true;
	struct lane *lane;

	while (more && turns-- > 0 && (lane = ring_pop(&r->ring)) != NULL) {
		if (!partition_may_dispatch(lane->partition))
			continue; /* touched again when it may */
		if (lane_is_ordered(lane) &&
		    now_ms() < lane->partition->ordered_from_ms)
			continue; /* touched again in a tick */
		if (has_its_share(r, lane))
			continue; /* touched again by its results, or in a tick
				   */
		more = turn(r, lane);
		progress = progress || more;
		claim_backlog(lane);
		if (!more && has_work(lane, now_us())) {
			/* It keeps its place for when there is room. */
			ring_push_front(&r->ring, lane);
		} else {
			dispatch_touch(lane);
		}
	}
	return progress;
}

/* ---- what senders say ---- */

static void on_hello(struct router *r, struct slice identity, struct slice in)
{
	struct msg_hello m;
	struct sender *s, *earlier;

	if (msg_decode_hello(&in, &m) != ERR_OK) {
		(*r->m.malformed)++;
		return;
	}
	if (senders_find(&r->senders, identity))
		return;
	s = senders_add(&r->senders, identity, m.instance, m.boot, now_ms());
	if (!s) {
		log_warn("sender_refused", "why=too_many");
		return;
	}
	log_info("sender_joined", "instance=%s", s->instance);
	earlier = senders_earlier(&r->senders, s);
	if (!earlier)
		return;
	/* The same process by another connection: what was on its way in the
	 * old one, tasks or results, may be lost, and nobody can tell. */
	if (earlier->boot == s->boot)
		lose(r, earlier, "reconnected", true);
	else
		lose(r, earlier, "restarted", false);
}

static void on_credit(struct router *r, struct sender *s, struct slice in)
{
	struct msg_credit m;

	if (msg_decode_credit(&in, &m) == ERR_OK)
		s->allowance = m.allowance;
	else
		(*r->m.malformed)++;
}

static void on_result(struct router *r, struct sender *s,
		      const struct msg_result *m)
{
	struct task *t = tasks_find(r->tasks, m->task);
	struct delivery *d;
	struct lane *lane;

	if (!t || t->sender != s)
		return; /* handed to another meanwhile, or of an earlier life */
	d = end_task(r, t);
	if (!d)
		return;
	lane = d->lane;
	settle_result(lane->partition, d, m);
	dispatch_touch(lane);
}

static void on_results(struct router *r, struct sender *s, struct slice in,
		       uint64_t count)
{
	struct msg_result m;

	for (uint64_t i = 0; i < count; i++) {
		if (msg_decode_result(&in, &m) != ERR_OK) {
			(*r->m.malformed)++;
			log_warn("malformed", "from=%s type=result",
				 s->instance);
			return;
		}
		on_result(r, s, &m);
	}
}

void dispatch_on_message(struct router *r, const struct slice *frames, size_t n)
{
	struct msg_head head;
	struct slice in;
	struct sender *s;

	if (n < 2) {
		(*r->m.malformed)++;
		return;
	}
	in = frames[n - 1];
	if (msg_decode_head(&in, &head, RESULTS_MAX) != ERR_OK) {
		(*r->m.malformed)++;
		log_warn("malformed", "from=sender type=head");
		return;
	}
	if (head.type == MSG_hello) {
		on_hello(r, frames[0], in);
		return;
	}
	s = senders_find(&r->senders, frames[0]);
	if (!s)
		return; /* believed lost: it says hello again when told so */
	s->seen_ms = now_ms();
	if (head.type == MSG_credit)
		on_credit(r, s, in);
	else if (head.type == MSG_result)
		on_results(r, s, in, head.count);
}
