/*
 * settle - what has become of deliveries, gathered for the next flush.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A record is in the same flush before its log entry goes; outcomes of entries
 * that stay open are marked with the batch of results.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "disable.h"
#include "held.h"
#include "journey.h"
#include "note.h"
#include "own_event.h"
#include "parcel.h"
#include "record.h"
#include "retry.h"
#include "router.h"
#include "tell.h"
#include "store/config.h"

static void let_go(struct partition *p, struct delivery *d)
{
	struct batch *b = batch_pin(d->event->batch);

	router_forget(p->router, d);
	settle_entry(p, b);
	p->router->head_bytes -= batch_unpin(b);
}

void settle_chain(struct partition *p, struct delivery *d)
{
	const struct last_try last = {.ms = d->last_ms};

	record_write(p, d, OPS_CHAIN, 0, &last);
	let_go(p, d);
}

void settle_entry(struct partition *p, struct batch *b)
{
	if (b->seq == 0 || !batch_is_settled(b) || list_empty(&b->node))
		return;
	if (p->router->conf.events_keep_s > 0) {
		ops_keep_entry(&p->pending, b->seq);
		p->kept_average = keep_average(p->kept_average, b->n_bytes);
	} else {
		ops_drop_entry(&p->pending, b->seq);
	}
	router_arm_flush(p->router);
	list_remove(&b->node);
	p->router->head_bytes -= batch_unpin(b);
}

static void finish(struct partition *p, struct delivery *d)
{
	record_unchain(p, d);
	if (d->recorded)
		ops_finish(&p->pending, d->id.b, d->event->id.b);
	else
		record_unlist(d);
	router_arm_flush(p->router);
	let_go(p, d);
}

static void bury(struct partition *p, struct delivery *d,
		 const struct last_try *last)
{
	/* Without its webhook nobody could list or replay it. */
	if (!d->lane->webhook) {
		finish(p, d);
		return;
	}
	own_event_dead(p, d, &(struct own_death){last->status, last->error});
	record_unchain(p, d);
	record_write(p, d, OPS_DEAD, wall_ms(), last);
	let_go(p, d);
}

/* ---- parcels ---- */

/* Its members' list is in the same flush as their records. */
static void write_parcel(struct partition *p, struct parcel *parcel)
{
	struct buf ids;

	if (parcel->written)
		return;
	buf_init(&ids, WEBHOOK_BATCH_MAX * ID_BYTES);
	parcel_ids(parcel, &ids);
	ops_parcel(&p->pending, buf_slice(&ids));
	buf_fini(&ids);
	parcel->written = true;
}

typedef void member_fn(struct partition *p, struct delivery *d,
		       const void *arg);

/* The delivery, or each of the parcel's; lasts: they stay together in Redis. */
static void each(struct partition *p, struct delivery *d, bool lasts,
		 member_fn *fn, const void *arg)
{
	struct parcel *parcel = parcel_open(d);

	if (!parcel) {
		fn(p, d, arg);
		return;
	}
	if (lasts)
		write_parcel(p, parcel);
	else if (parcel->written)
		ops_unparcel(&p->pending, parcel->key.b);
	for (uint32_t i = 0; i < parcel->n; i++)
		fn(p, parcel->members[i], arg);
	free(parcel);
}

static void spill(struct partition *p, struct delivery *d, const void *arg)
{
	const struct last_try last = {.ms = d->last_ms};

	(void)arg;
	(*p->router->m.spilled)++;
	record_write(p, d, OPS_BACKLOG, wall_ms(), &last);
	d->lane->backlog = true;
	d->lane->spilled_in = p->flush_number + 1;
	let_go(p, d);
}

void settle_spill(struct partition *p, struct delivery *d)
{
	each(p, d, true, spill, NULL);
}

void settle_hold(struct partition *p, struct delivery *d)
{
	uint64_t wall = wall_ms();

	if (d->parcel)
		write_parcel(p, d->parcel);
	for (uint32_t i = 0; i < parcel_size(d); i++) {
		struct delivery *one = parcel_at(d, i);
		const struct last_try last = {.ms = one->last_ms};

		record_write(p, one, OPS_HELD, wall, &last);
	}
}

void settle_defer(struct partition *p, struct delivery *d, uint64_t until_ms)
{
	const struct last_try last = {.ms = d->last_ms};

	if (until_ms < p->next_due_ms)
		p->next_due_ms = until_ms;
	record_write(p, d, OPS_DUE, until_ms, &last);
	let_go(p, d);
}

void settle_line(struct partition *p, struct order_key *key)
{
	struct delivery *head = key->head;

	if (head->recorded) {
		while (order_behind(key))
			settle_chain(p, order_behind(key));
	} else if (head->sent) {
		settle_hold(p, head);
		follow_rehome(p->router, head);
	} else {
		lane_remove(head->lane, head);
		settle_spill(p, head);
	}
}

/* ---- ends ---- */

/* What an attempt, or none, means for each delivery it was for. */
struct end {
	const struct msg_result *result;
	enum verdict verdict;
	uint64_t outcome, next_ms;
};

static void give_up(struct partition *p, struct delivery *d, const void *arg)
{
	const char *error = arg;
	const struct msg_result none = {
	    .started_ms = wall_ms(),
	    .error = slice_of(error),
	};
	const struct noted noted = {.result = &none, .outcome = OUTCOME_dead};
	const struct last_try last = {
	    .ms = d->last_ms,
	    .error = slice_of(error),
	    .dead = true,
	};

	(*p->router->m.dead)++;
	d->lane->stats.dead++;
	d->lane->stats.changed = true;
	note_attempt(p, d, &noted);
	journey_end(p, d, false, &none);
	bury(p, d, &last);
}

void settle_exit(struct partition *p, struct delivery *d)
{
	journey_exit(p, d);
	finish(p, d);
}

void settle_give_up(struct partition *p, struct delivery *d, const char *error)
{
	each(p, d, false, give_up, error);
}

static enum verdict decide(const struct delivery *d,
			   const struct msg_result *res, uint64_t *next_ms)
{
	const struct retry_input in = {
	    .webhook = d->lane->webhook,
	    .outcome = (enum outcome)res->outcome,
	    .tries = d->tries + 1,
	    .retry_after_ms = res->retry_after_ms,
	    .wall_ms = wall_ms(),
	    .expires_ms = parcel_expires_ms(d),
	    .chance = rng_unit(),
	};

	/* Deleted while it was under way: only the end it reached counts. */
	if (!in.webhook)
		return in.outcome == OUTCOME_delivered ? VERDICT_DELIVERED
						       : VERDICT_DEAD;
	return retry_decide(&in, next_ms);
}

static void apply(struct partition *p, struct delivery *d, enum verdict verdict,
		  uint64_t next_ms, const struct msg_result *res)
{
	struct router *r = p->router;
	struct last_try last = {
	    .ms = d->last_ms,
	    .status = res->status,
	    .error = res->error,
	    .dead = verdict == VERDICT_DEAD,
	};

	switch (verdict) {
	case VERDICT_DELIVERED:
		(*r->m.delivered)++;
		journey_end(p, d, true, res);
		finish(p, d);
		break;
	case VERDICT_RETRY:
		(*r->m.retried)++;
		if (next_ms < p->next_due_ms)
			p->next_due_ms = next_ms;
		record_write(p, d, OPS_DUE, next_ms, &last);
		let_go(p, d);
		break;
	case VERDICT_DEAD:
		(*r->m.dead)++;
		journey_end(p, d, false, res);
		bury(p, d, &last);
		break;
	case VERDICT_REQUEUE:
		break;
	}
}

static void end_attempt(struct partition *p, struct delivery *d,
			const void *arg)
{
	const struct end *end = arg;
	const struct noted noted = {
	    .result = end->result,
	    .number = d->tries + 1,
	    .outcome = end->outcome,
	    .next_ms = end->next_ms,
	};

	d->tries++;
	d->last_ms = end->result->started_ms;
	note_attempt(p, d, &noted);
	apply(p, d, end->verdict, end->next_ms, end->result);
}

/* ---- put off ---- */

/* Until when, why, and how much of its schedule that uses up. */
struct pause {
	uint64_t until_ms;
	struct slice error;
	uint32_t steps;
};

static void put_off(struct partition *p, struct delivery *d, const void *arg)
{
	const struct pause *pause = arg;
	const struct last_try last = {.ms = d->last_ms, .error = pause->error};

	(*p->router->m.put_off)++;
	d->tries += pause->steps;
	record_write(p, d, OPS_DUE, pause->until_ms, &last);
	ops_put_off(&p->pending, d->lane->id.b, d->id.b, wall_ms());
	let_go(p, d);
}

/* It comes back as soon as the circuit has closed, by then at the latest. */
static void expect_back(struct partition *p, struct lane *lane, uint64_t by_ms)
{
	if (by_ms < p->next_due_ms)
		p->next_due_ms = by_ms;
	lane->put_off = true;
	lane->put_off_in = p->flush_number + 1;
}

/* As if there had been an attempt. */
static void charge(struct partition *p, struct delivery *d, const void *arg)
{
	const struct end *end = arg;

	if (end->verdict == VERDICT_RETRY) {
		ops_put_off(&p->pending, d->lane->id.b, d->id.b, wall_ms());
	} else {
		d->lane->stats.dead++;
		d->lane->stats.changed = true;
	}
	end_attempt(p, d, end);
}

/* Nothing is to wait for ever: a step of the schedule, though none was made. */
static void charge_for_token(struct partition *p, struct delivery *d)
{
	const struct msg_result none = {
	    .outcome = OUTCOME_unauthorized,
	    .started_ms = wall_ms(),
	    .error = slice_of(d->lane->pace.circuit.no_token),
	};
	struct end end = {.result = &none, .outcome = OUTCOME_retry};

	end.verdict = decide(d, &none, &end.next_ms);
	if (end.verdict == VERDICT_RETRY)
		expect_back(p, d->lane, end.next_ms);
	else
		end.outcome = OUTCOME_dead;
	each(p, d, end.verdict == VERDICT_RETRY, charge, &end);
}

/* Nobody's fault but the token's: it uses up nothing. When that has lasted for
 * too long it does, at the times of its schedule, however often it is looked at
 * in between. */
static void wait_for_token(struct partition *p, struct delivery *d)
{
	const struct lane *lane = d->lane;
	bool too_long = held_for_too_long(lane);
	uint64_t step = retry_step_ms(lane->webhook, d->tries, d->last_ms);
	uint64_t expires = parcel_expires_ms(d);
	struct pause pause = {
	    .until_ms = too_long ? step : held_until_ms(lane),
	    .error = slice_of(lane->pace.circuit.no_token),
	};

	if (too_long && wall_ms() >= step) {
		charge_for_token(p, d);
		return;
	}
	/* It will be found expired. */
	if (expires && expires < pause.until_ms)
		pause.until_ms = expires;
	expect_back(p, d->lane, pause.until_ms);
	each(p, d, true, put_off, &pause);
}

/* A step of its schedule is used up, as if it had been tried: so what waits for
 * a receiver that stays away is looked at seldom. */
static void wait_for_receiver(struct partition *p, struct delivery *d)
{
	const struct msg_result none = {.outcome = OUTCOME_none};
	struct pause pause = {.error = SLICE_LIT(PUT_OFF), .steps = 1};

	must(decide(d, &none, &pause.until_ms) == VERDICT_RETRY);
	expect_back(p, d->lane, pause.until_ms);
	each(p, d, true, put_off, &pause);
}

void settle_put_off(struct partition *p, struct delivery *d)
{
	if (circuit_is_held(&d->lane->pace.circuit))
		wait_for_token(p, d);
	else
		wait_for_receiver(p, d);
}

/* ---- results ---- */

/* A request counts once in what is measured of requests. */
static void count_request(struct router *r, const struct delivery *d,
			  enum verdict verdict, uint64_t us)
{
	bool delivered = verdict == VERDICT_DELIVERED;
	bool dead = verdict == VERDICT_DEAD;

	lane_count(d->lane, delivered, dead, us);
	lane_count_more(d->lane, delivered, dead, parcel_size(d) - 1);
	if (delivered)
		histogram_observe_us(r->m.latency, us);
}

static void take_back(struct router *r, struct delivery *d)
{
	(*r->m.requeued)++;
	lane_take_back(d->lane, d);
	lane_push_front(d->lane, d);
}

static void on_no_token(struct partition *p, struct delivery *d,
			const struct msg_result *res)
{
	struct lane *lane = d->lane;
	bool probe = d->probe;

	(*p->router->m.unauthorized)++;
	/* Its webhook is another now, so may be the token that it needs. */
	if (!lane_is_live(lane) || lane->webhook->version != d->version) {
		take_back(p->router, d);
		return;
	}
	d->probe = false;
	lane->stats.no_token++;
	lane->stats.changed = true;
	tell_result(p, lane, res, probe);
	wait_for_token(p, d);
}

static void on_attempt(struct partition *p, struct delivery *d,
		       const struct msg_result *res)
{
	struct router *r = p->router;
	struct end end = {.result = res, .outcome = res->outcome};
	bool probe = d->probe;

	d->probe = false;
	end.verdict = decide(d, res, &end.next_ms);
	count_request(r, d, end.verdict, res->total_us);
	tell_result(p, d->lane, res, probe);
	if (end.verdict == VERDICT_DEAD && res->outcome == OUTCOME_gone)
		disable_webhook(p, d->lane, "gone");
	else if (end.verdict == VERDICT_DEAD)
		end.outcome = OUTCOME_dead;
	each(p, d, end.verdict == VERDICT_RETRY, end_attempt, &end);
}

void settle_result(struct partition *p, struct delivery *d,
		   const struct msg_result *res)
{
	note_earlier(p, d, res);
	if (res->outcome == OUTCOME_not_started)
		take_back(p->router, d);
	else if (res->outcome == OUTCOME_unauthorized)
		on_no_token(p, d, res);
	else
		on_attempt(p, d, res);
}
