/*
 * partition - a partition's life: lease, take-over, release.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The lease in Redis decides; what is in memory here is a copy that may be
 * thrown away at any moment.
 */
#include "partition.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "journey.h"
#include "wake.h"
#include "match.h"
#include "router.h"
#include "store/keys.h"

/* Attempts must have started before the lease can have run out elsewhere. */
#define LEASE_MARGIN_MS 100
#define LEAVE_MS 20000
#define RESYNC_MS 2000
#define ROBBED_MAX 3
#define ROBBED_SPREAD 8
#define PENDING_BYTES_MAX (16u * 1024 * 1024)

struct take_call {
	struct partition *partition; /* borrowed; outlives every command */
	uint64_t life, sent_ms, sent_wall_ms;
	uint64_t cursor; /* how far the log had been read when it was sent */
	uint64_t word;	 /* of the fence, if it becomes one */
	uint64_t home;	 /* who is asked */
	bool is_proven;
};

struct partition *partition_new(struct router *r, uint64_t number)
{
	struct partition *p = xcalloc(1, sizeof(*p));
	char key[KEY_SIZE];

	p->router = r;
	p->number = number;
	p->unproven = true;
	slice_cstr(p->prefix, sizeof(p->prefix),
		   key_partition(key, number, ""));
	list_init(&p->batches);
	list_init(&p->lanes);
	list_init(&p->news);
	list_init(&p->awaiting);
	ops_init(&p->pending);
	ops_init(&p->flying);
	return p;
}

void partition_free(struct partition **p)
{
	if (!*p)
		return;
	ops_fini(&(*p)->pending);
	ops_fini(&(*p)->flying);
	free(*p);
	*p = NULL;
}

struct slice partition_key(const struct partition *p, char *out,
			   const char *suffix)
{
	return key_partition(out, p->number, suffix);
}

bool partition_is_held(const struct partition *p)
{
	return p->state == PARTITION_HELD && now_ms() < p->lease_until_ms;
}

bool partition_may_dispatch(const struct partition *p)
{
	return partition_is_held(p) && !p->resync && partition_may_write(p);
}

bool partition_may_claim(const struct partition *p)
{
	return partition_is_proven(p) && partition_may_dispatch(p);
}

bool partition_may_write(const struct partition *p)
{
	return ops_bytes(&p->pending) < PENDING_BYTES_MAX;
}

/* What is flying and unanswered is not yet written either. */
static bool is_written(const struct partition *p)
{
	return ops_empty(&p->flying) && ops_empty(&p->pending);
}

static bool partition_is_idle(const struct partition *p)
{
	return p->in_flight == 0 && is_written(p);
}

static uint64_t home_of(const struct partition *p)
{
	char key[KEY_SIZE];

	return redis_is_parted(p->router->redis)
		   ? redis_home(p->router->redis, partition_key(p, key, "seq"))
		   : 0;
}

bool partition_is_proven(const struct partition *p)
{
	return !p->unproven && p->home == home_of(p);
}

void partition_on_redis_down(void *arg)
{
	struct router *r = arg;
	char key[KEY_SIZE];

	for (uint64_t i = 0; i < r->n_partitions; i++) {
		struct partition *p = r->partitions[i];

		p->announced = false;
		if (!redis_reaches(r->redis, partition_key(p, key, "seq")))
			p->unproven = true;
	}
}

/* "<fence> <n>" of ours: n; 0: it is another life's, or there is none. */
static uint64_t number_of(const struct partition *p, struct slice stamp)
{
	uint64_t number;

	return slice_skip(&stamp, p->fence) && slice_skip(&stamp, " ") &&
		       slice_parse_u64(stamp, &number)
		   ? number
		   : 0;
}

/* Redis keeps its writes in order: if it has the last that was confirmed, it
 * has all. */
static bool has_all(const struct partition *p, const struct reply *reply)
{
	return reply_count(reply) >= 5 &&
	       number_of(p, reply_bytes(reply_at(reply, 3))) >= flush_done(p) &&
	       number_of(p, reply_bytes(reply_at(reply, 4))) >= p->claims_done;
}

void partition_doubt(struct partition *p)
{
	if (!p->resync)
		p->resync_by_ms = now_ms() + RESYNC_MS;
	p->resync = true;
}

/* Attempts that hang would hold up everybody else of the partition: they are
 * made again. */
static bool may_begin_anew(const struct partition *p, uint64_t now)
{
	return is_written(p) && (p->in_flight == 0 || now > p->resync_by_ms);
}

static void drop_tasks(struct partition *p)
{
	struct router *r = p->router;
	struct task *t;
	size_t pos = 0;

	while ((t = tasks_next(r->tasks, &pos)) != NULL) {
		if (!t->delivery || t->delivery->lane->partition != p)
			continue;
		router_take_back(r, t->delivery);
		router_forget(r, t->delivery);
		t->delivery = NULL;
	}
	p->in_flight = 0;
}

/* Who comes out from behind them is queued: false when nobody is left. */
static bool empty_lanes(struct partition *p)
{
	bool some = false;

	LIST_FOREACH (node, &p->lanes) {
		struct lane *lane = container_of(node, struct lane, node);
		struct delivery *d;

		while ((d = lane_pop(lane)) != NULL) {
			router_forget(p->router, d);
			some = true;
		}
	}
	return some;
}

static void drop_lanes(struct partition *p)
{
	struct router *r = p->router;
	struct list *node;

	/* Whoever is behind may be another lane's. */
	while (empty_lanes(p))
		;
	while ((node = list_first(&p->lanes)) != NULL) {
		struct lane *lane = container_of(node, struct lane, node);

		table_delete(r->lanes, ulid_slice(&lane->id));
		wake_end(lane);
		ring_leave(&r->ring, lane);
		lane_free(&lane);
	}
}

void partition_drop(struct partition *p, const char *why)
{
	struct router *r = p->router;

	if (p->state != PARTITION_FREE)
		log_info("partition_dropped",
			 "partition=%llu epoch=%llu why=%s",
			 (unsigned long long)p->number,
			 (unsigned long long)p->epoch, why);
	drop_tasks(p);
	drop_lanes(p);
	journey_forget(p);
	follow_forget(p);
	ops_reset(&p->pending);
	ops_reset(&p->flying);
	p->flushing = p->reading = p->claiming = p->resync = false;
	p->noticing = p->unkept = false;
	p->flush_again_ms = 0;
	p->refilling = 0;
	p->announced = false;
	p->cursor = p->newest = p->next_due_ms = 0;
	p->epoch = 0;
	p->state = PARTITION_FREE;
	p->life++;
	match_invalidate(r->match);
}

struct lane *partition_lane(struct partition *p, struct slice webhook)
{
	char text[ID_TEXT_SIZE + 4];
	struct ulid id;

	snprintf(text, sizeof(text), "wh_%.*s", SLICE_FMT(webhook));
	if (ulid_parse(slice_of(text), "wh", &id) != ERR_OK)
		return NULL;
	return router_lane(p->router, p, &id);
}

void partition_each_lane(struct partition *p, const struct reply *webhooks,
			 void (*fn)(struct lane *lane))
{
	for (size_t i = 0; i < reply_count(webhooks); i++) {
		struct lane *lane =
		    partition_lane(p, reply_bytes(reply_at(webhooks, i)));

		if (lane)
			fn(lane);
	}
}

/* Which of their keys are chained, Redis knows. */
static void has_chain(struct lane *lane)
{
	lane_order(lane)->all = true;
}

static void has_put_off(struct lane *lane)
{
	lane->put_off = true;
}

static void on_announced(void *arg, enum err e, const struct reply *reply)
{
	struct take_call *call = arg;

	(void)reply;
	if (call->life == call->partition->life && e == ERR_OK)
		call->partition->announced = true;
	else if (e != ERR_OK && e != ERR_CLOSED)
		log_warn("owner_not_announced", "partition=%llu error=\"%s\"",
			 (unsigned long long)call->partition->number,
			 err_text(e));
	free(call);
}

/* Repeated with the lease until it has been done: a full Redis may refuse it.
 */
static void announce_owner(struct partition *p)
{
	struct router *r = p->router;
	struct take_call *call = xcalloc(1, sizeof(*call));

	call->partition = p;
	call->life = p->life;
	if (redis_commandf(r->redis, on_announced, call, "HSET %s %llu %s",
			   KEY_RUN_OWNER, (unsigned long long)p->number,
			   r->common->instance) != ERR_OK)
		free(call);
}

/* A new epoch: begin with what Redis holds. */
static void begin(struct partition *p, uint64_t epoch, uint64_t word,
		  const struct reply *reply)
{
	struct router *r = p->router;
	int64_t left = reply_int(reply_at(reply, 3));
	uint64_t own = p->lease_until_ms;

	if (p->state != PARTITION_FREE)
		partition_drop(p, "taken_anew");
	p->state = PARTITION_LOADING;
	p->epoch = epoch;
	snprintf(p->fence, sizeof(p->fence), "%llu %llx",
		 (unsigned long long)epoch, (unsigned long long)word);
	p->flush_number = p->claims_sent = p->claims_done = 0;
	match_invalidate(r->match);
	p->ordered_from_ms = now_ms() + (left > 0 ? (uint64_t)left : 0);
	/* A Redis that has lost the newest lease knows less than we do. */
	if (own > p->ordered_from_ms)
		p->ordered_from_ms = own;
	notice_webhooks(p, reply_at(reply, 4));
	partition_each_lane(p, reply_at(reply, 5), has_chain);
	partition_each_lane(p, reply_at(reply, 6), has_put_off);
	log_info("lease_taken", "partition=%llu epoch=%llu newest=%llu",
		 (unsigned long long)p->number, (unsigned long long)epoch,
		 (unsigned long long)reply_int(reply_at(reply, 1)));
	follow_marks(p);
}

/* Taken under our own name again and again: by another process. Both would
 * repeat for ever what the other has under way, so one of them goes: chance
 * says who loses patience first. */
static void note_robbery(struct partition *p, bool fresh)
{
	struct router *r = p->router;
	unsigned max = ROBBED_MAX + 2 * (unsigned)(r->boot % ROBBED_SPREAD);

	if (!fresh) {
		p->robbed = 0;
	} else if (p->epoch && ++p->robbed == max) {
		log_error("instance_in_use",
			  "instance=%s text=\"another router has this name\"",
			  r->common->instance);
		service_fail(r->run, 2);
	}
}

/* It is the Redis that was there before, or one that has all of it. */
static void prove(struct partition *p, uint64_t home)
{
	p->unproven = false;
	p->home = home;
	router_arm_flush(p->router);
}

static void on_take(void *arg, enum err e, const struct reply *reply)
{
	struct take_call *call = arg;
	struct partition *p = call->partition;
	bool answered = e == ERR_OK && reply_count(reply) >= 3;
	uint64_t epoch = answered ? (uint64_t)reply_int(reply_at(reply, 0)) : 0;

	p->taking = false;
	if (!answered) {
		/* Not renewed; the next beat tries again while the lease lasts.
		 */
		if (e != ERR_CLOSED && e != ERR_AGAIN)
			log_warn("lease_failed", "partition=%llu error=\"%s\"",
				 (unsigned long long)p->number, err_text(e));
	} else if (epoch == 0) {
		if (call->life == p->life && p->state != PARTITION_FREE) {
			(*p->router->m.fenced)++;
			partition_drop(p, "lease_lost");
		}
	} else if (call->life == p->life &&
		   (uint64_t)reply_int(reply_at(reply, 1)) < call->cursor) {
		/* Redis has lost the log's end and gives its numbers out again:
		 * what is in memory is of another history. */
		partition_drop(p, "log_went_back");
	} else if (call->life == p->life && !call->is_proven &&
		   reply_int(reply_at(reply, 2)) == 0 && !has_all(p, reply)) {
		partition_drop(p, "data_lost");
	} else if (call->life == p->life) {
		note_robbery(p, reply_int(reply_at(reply, 2)) == 1);
		if (reply_int(reply_at(reply, 2)) == 1)
			begin(p, epoch, call->word, reply);
		if (!call->is_proven)
			prove(p, call->home);
		if (p->epoch && !p->announced)
			announce_owner(p);
		p->lease_until_ms = call->sent_ms +
				    (uint64_t)p->router->conf.lease_ms -
				    LEASE_MARGIN_MS;
		p->lease_until_wall_ms = call->sent_wall_ms +
					 (uint64_t)p->router->conf.lease_ms -
					 LEASE_MARGIN_MS;
		follow_newest(p, (uint64_t)reply_int(reply_at(reply, 1)));
	}
	free(call);
}

static void take(struct partition *p)
{
	static const char *const names[] = {
	    "lease",	"epoch",  "seq",     "held",  "due",
	    "backlogs", "chains", "putoffs", "flush", "claim"};
	struct router *r = p->router;
	struct take_call *call = xcalloc(1, sizeof(*call));
	char keys[10][KEY_SIZE], word[24], lease[24], left_out[24];
	struct slice k[10], argv[5];

	for (size_t i = 0; i < 10; i++)
		k[i] = partition_key(p, keys[i], names[i]);
	call->word = rng_u64();
	snprintf(word, sizeof(word), "%llx", (unsigned long long)call->word);
	snprintf(lease, sizeof(lease), "%lld", (long long)r->conf.lease_ms);
	argv[0] = slice_of(r->common->instance);
	argv[1] = slice_of(p->epoch ? p->fence : "");
	argv[2] = slice_of(lease);
	argv[3] = slice_of(word);
	call->home = home_of(p);
	call->is_proven = partition_is_proven(p);
	snprintf(
	    left_out, sizeof(left_out), "%llu",
	    (unsigned long long)(call->is_proven ? 0 : numbers_left_out()));
	argv[4] = slice_of(left_out);
	call->partition = p;
	call->life = p->life;
	call->sent_ms = now_ms();
	call->sent_wall_ms = wall_ms();
	call->cursor = p->cursor;
	p->taking = true;
	if (redis_script(r->redis, SCRIPT_TAKE, k, 10, argv, 5, on_take,
			 call) != ERR_OK) {
		p->taking = false;
		free(call);
	}
}

static void release(struct partition *p)
{
	struct router *r = p->router;
	char keys[2][KEY_SIZE];
	struct slice k[2], argv[2];

	k[0] = partition_key(p, keys[0], "lease");
	k[1] = partition_key(p, keys[1], "epoch");
	argv[0] = slice_of(r->common->instance);
	argv[1] = slice_of(p->fence);
	if (redis_script(r->redis, SCRIPT_RELEASE, k, 2, argv, 2, NULL, NULL) !=
	    ERR_OK)
		log_warn("lease_not_released", "partition=%llu",
			 (unsigned long long)p->number);
	partition_drop(p, "released");
	/* Nothing is out that could still start. */
	p->lease_until_ms = 0;
}

/* A sender may yet start what has a turn: nobody may go on before the lease has
 * run out. */
static bool has_turns_out(const struct partition *p)
{
	LIST_FOREACH (node, &p->lanes) {
		const struct lane *lane = container_of(node, struct lane, node);

		if ((lane->order || lane_is_ordered(lane)) &&
		    lane->in_flight > 0)
			return true;
	}
	return false;
}

static void leave(struct partition *p)
{
	if (has_turns_out(p))
		partition_drop(p, "left");
	else
		release(p);
}

void partition_beat(struct partition *p, bool mine)
{
	uint64_t now = now_ms();

	if (p->state == PARTITION_HELD && !mine) {
		p->state = PARTITION_LEAVING;
		p->leave_by_ms = now + LEAVE_MS;
	} else if (p->state == PARTITION_LEAVING && mine) {
		p->state = PARTITION_HELD;
	}
	if (p->state == PARTITION_LEAVING && !p->taking &&
	    (partition_is_idle(p) || now > p->leave_by_ms)) {
		leave(p);
		return;
	}
	if (p->resync && !p->taking && may_begin_anew(p, now))
		partition_drop(p, "resync");
	if (!p->taking && redis_is_up(p->router->redis) &&
	    (p->state != PARTITION_FREE || mine))
		take(p);
}
