/*
 * cluster_slot - commands on their way to who has their slot.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Those of a slot that are under way are with one node. One that is turned away
 * waits, and all that come later wait behind it, until none is under way any
 * more: so the order holds wherever they go. For a moment after that they go
 * one at a time, since a slot that has turned one away may do it again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/cluster_private.h"

#define RETRY_MS 10
#define SPLIT_MS 20
#define DOWN_MS 100
#define CAREFUL_MS 1000
/* Longer than the two seconds in which a master that has been started anew
 * takes no writes. */
#define GIVE_UP_MS 3000
#define MOVES_MAX 16
#define ARGUMENTS_FEW 32

static const char asking[] = "*1\r\n$6\r\nASKING\r\n";

/* Takes the command. */
static struct cluster_call *call_new(struct cluster *c,
				     struct redis_wire command)
{
	struct cluster_call *call = xcalloc(1, sizeof(*call));

	list_init(&call->node);
	call->cluster = c;
	call->command = command;
	return call;
}

static void call_free(struct cluster_call *call)
{
	redis_wire_free(&call->command);
	free(call);
}

/* ---- slots ---- */

static struct cluster_slot *slot_new(struct cluster *c, struct slice key,
				     uint16_t number)
{
	struct cluster_slot *s = xcalloc(1, sizeof(*s));
	struct slice guard;

	s->cluster = c;
	s->number = number;
	s->home = c->known ? cluster_owner(c, number) : NULL;
	if (cluster_guard_of(key, s->guard, sizeof(s->guard), &guard))
		s->guard_n = guard.n;
	list_init(&s->waiting);
	list_push(&c->slots, &s->node);
	c->slot[number] = s;
	return s;
}

struct cluster_slot *cluster_slot(struct cluster *c, struct slice key)
{
	uint16_t number = cluster_slot_of(key);
	struct cluster_slot *s = c->slot[number];

	return s ? s : slot_new(c, key, number);
}

static bool is_careful(struct cluster_slot *s)
{
	if (s->careful_until_ms && now_ms() >= s->careful_until_ms)
		s->careful_until_ms = 0;
	return s->careful_until_ms != 0;
}

static void call_end(struct cluster_call *call, enum err e,
		     const struct reply *reply)
{
	call->cluster->pending--;
	if (call->fn)
		call->fn(call->arg, e, reply);
	call_free(call);
}

static struct cluster_call *first_of(const struct cluster_slot *s)
{
	struct list *node = list_first(&s->waiting);

	return node ? container_of(node, struct cluster_call, node) : NULL;
}

/* Those given before this order. */
static void end_waiting(struct cluster_slot *s, uint64_t before, enum err e)
{
	struct cluster_call *call;

	while ((call = first_of(s)) && call->order < before) {
		list_remove(&call->node);
		call_end(call, e, NULL);
	}
}

static void wait_in_order(struct cluster_slot *s, struct cluster_call *call)
{
	struct cluster *c = s->cluster;
	struct list *after = s->waiting.prev;

	while (after != &s->waiting &&
	       container_of(after, struct cluster_call, node)->order >
		   call->order)
		after = after->prev;
	list_push_front(after, &call->node);
	if (!call->since_ms)
		call->since_ms = now_ms();
	if (!uv_is_active((uv_handle_t *)&c->retry))
		uv_timer_start(&c->retry, cluster_on_retry, RETRY_MS, RETRY_MS);
}

/* ---- sending ---- */

static void on_answer(void *arg, enum err e, const struct reply *reply);

static enum err send_to(struct cluster_call *call, struct cluster_node *to)
{
	struct cluster_slot *s = call->slot;
	enum err e = ERR_OK;

	if (redis_pending(to->redis) == 0)
		to->heard_ms = now_ms();
	if (call->ask)
		e = redis_formatted(to->redis, SLICE_LIT(asking), NULL, NULL);
	if (e == ERR_OK)
		e = redis_formatted(
		    to->redis, slice_bytes(call->command.p, call->command.n),
		    on_answer, call);
	if (e != ERR_OK)
		return e;
	call->ask = NULL;
	call->at = to;
	if (s) {
		s->at = to;
		s->under_way++;
	}
	return ERR_OK;
}

/* Where the first that waits goes now; NULL: it waits on. */
static struct cluster_node *
goes_to(struct cluster_slot *s, const struct cluster_call *call, uint64_t now)
{
	struct cluster_node *to = call->ask ? call->ask : s->home;

	if (!to || !cluster_node_is_up(to) || now < s->again_ms)
		return NULL;
	if (s->under_way > 0 && (s->at != to || call->ask || is_careful(s)))
		return NULL;
	return to;
}

/* It has not been served for too long: from here on commands are refused at
 * once, until a look finds that it is served again. */
static void go_away(struct cluster_slot *s, enum cluster_verdict why)
{
	static const char *const names[] = {
	    [CLUSTER_DONE] = "",      [CLUSTER_MOVED] = "moved",
	    [CLUSTER_ASK] = "moving", [CLUSTER_SPLIT] = "moving",
	    [CLUSTER_DOWN] = "down",  [CLUSTER_NO_SCRIPT] = "no_script",
	};

	if (s->guard_n == 0 || s->away)
		return;
	s->away = true;
	s->cluster->tell_down = true;
	log_warn("cluster_slot_away", "slot=%d key=%.*s why=%s", (int)s->number,
		 (int)s->guard_n - 1, s->guard, names[why]);
}

/* It is the first of its slot, and has not been done for too long. */
static void give_up(struct cluster_call *call, const struct reply *reply)
{
	struct cluster_slot *s = call->slot;

	list_remove(&call->node);
	/* One that has only waited says nothing of the slot. */
	if (call->verdict != CLUSTER_DONE)
		go_away(s, call->verdict);
	call_end(call, ERR_AGAIN, reply);
	if (s->away)
		end_waiting(s, UINT64_MAX, ERR_AGAIN);
}

static void go_on(struct cluster_slot *s)
{
	struct cluster_call *call;
	uint64_t now = now_ms();

	while (!s->cluster->closing && (call = first_of(s))) {
		struct cluster_node *to = goes_to(s, call, now);

		if (to) {
			list_remove(&call->node);
			if (send_to(call, to) != ERR_OK)
				call_end(call, ERR_AGAIN, NULL);
		} else if (now - call->since_ms > GIVE_UP_MS) {
			give_up(call, NULL);
		} else {
			return;
		}
	}
}

static bool some_wait(const struct cluster *c)
{
	LIST_FOREACH (node, &c->slots)
		if (first_of(container_of(node, struct cluster_slot, node)))
			return true;
	return false;
}

void cluster_on_retry(uv_timer_t *timer)
{
	struct cluster *c = timer->data;

	LIST_FOREACH (node, &c->slots) {
		struct cluster_slot *s =
		    container_of(node, struct cluster_slot, node);

		if (first_of(s))
			go_on(s);
	}
	/* Callbacks may have asked for something of a slot that was looked at
	 * before theirs. */
	if (!c->closing && !some_wait(c))
		uv_timer_stop(timer);
	if (!c->closing)
		cluster_tell(c);
}

/* ---- answers ---- */

static void turn(struct cluster_call *call, enum cluster_verdict verdict,
		 const struct cluster_place *place)
{
	struct cluster_slot *s = call->slot;
	struct cluster *c = call->cluster;
	struct cluster_node *other = NULL;
	uint64_t now = now_ms();

	s->careful_until_ms = now + CAREFUL_MS;
	if (verdict == CLUSTER_MOVED || verdict == CLUSTER_ASK)
		other = cluster_node_at(c, place);
	if (verdict == CLUSTER_ASK)
		call->ask = other;
	if (verdict == CLUSTER_MOVED) {
		call->moves++;
		c->wanted = true;
		s->home = other ? other : s->home;
	} else if (verdict == CLUSTER_DOWN) {
		c->wanted = true;
		s->again_ms = now + DOWN_MS;
	} else if (verdict != CLUSTER_ASK) {
		s->again_ms = now + SPLIT_MS;
	}
	/* Nodes that do not agree, or that there is no room for, must not keep
	 * us busy. */
	if (call->moves > 2 || (verdict == CLUSTER_ASK && !other))
		s->again_ms = now + SPLIT_MS;
}

/* It was not done. */
static void again(struct cluster_call *call, enum cluster_verdict verdict,
		  const struct cluster_place *place, const struct reply *reply)
{
	struct cluster_slot *s = call->slot;

	call->verdict = verdict;
	turn(call, verdict, place);
	if (call->moves <= MOVES_MAX &&
	    (!call->since_ms || now_ms() - call->since_ms <= GIVE_UP_MS)) {
		wait_in_order(s, call);
		return;
	}
	end_waiting(s, call->order, ERR_AGAIN);
	give_up(call, reply);
}

static void on_answer(void *arg, enum err e, const struct reply *reply)
{
	struct cluster_call *call = arg;
	struct cluster *c = call->cluster;
	struct cluster_slot *s = call->slot;
	enum cluster_verdict verdict = CLUSTER_DONE;
	struct cluster_place place;

	call->at->heard_ms = now_ms();
	if (!s) {
		call_end(call, e, reply);
		return;
	}
	if (--s->under_way == 0)
		s->at = NULL;
	if (reply && !call->near && !c->closing)
		verdict =
		    cluster_verdict_of(reply, call->at->place.host, &place);
	if (verdict == CLUSTER_DONE) {
		/* What it has overtaken must not come after it. */
		end_waiting(s, call->order, ERR_AGAIN);
		call_end(call, e, reply);
	} else {
		again(call, verdict, &place, reply);
	}
	if (first_of(s))
		go_on(s);
	if (c->tell_down && !c->closing)
		cluster_tell(c);
}

/* ---- what users ask ---- */

static enum err take(struct cluster_slot *s, struct cluster_call *call)
{
	struct cluster_node *home = s->home;
	bool empty = first_of(s) == NULL;
	enum err e;

	if (s->away || (empty && (!home || !cluster_node_is_up(home))))
		return ERR_CLOSED;
	call->slot = s;
	call->order = s->orders++;
	if (!empty || (s->again_ms && now_ms() < s->again_ms) ||
	    (s->under_way > 0 && (s->at != home || is_careful(s)))) {
		wait_in_order(s, call);
		return ERR_OK;
	}
	e = send_to(call, home);
	return e == ERR_OK ? ERR_OK : ERR_CLOSED;
}

static enum err submit(struct cluster_call *call, struct slice key,
		       redis_reply_fn *fn, void *arg)
{
	struct cluster *c = call->cluster;
	struct cluster_node *any;
	enum err e = ERR_CLOSED;

	call->fn = fn;
	call->arg = arg;
	if (c->closing || !c->known) {
		e = ERR_CLOSED;
	} else if (c->pending >= c->o.pending_max) {
		e = ERR_FULL;
	} else if (key.p) {
		e = take(cluster_slot(c, key), call);
	} else {
		any = cluster_any_node(c);
		e = any ? send_to(call, any) : ERR_CLOSED;
	}
	if (e == ERR_OK)
		c->pending++;
	else
		call_free(call);
	return e;
}

enum err cluster_command(struct cluster *c, struct redis_wire command,
			 redis_reply_fn *fn, void *arg)
{
	struct slice key = {NULL, 0};

	if (!cluster_key_of(slice_bytes(command.p, command.n), &key))
		key.p = NULL;
	return submit(call_new(c, command), key, fn, arg);
}

enum err cluster_command_near(struct cluster *c, struct slice key,
			      struct redis_wire command, redis_reply_fn *fn,
			      void *arg)
{
	struct cluster_call *call = call_new(c, command);

	call->near = true;
	return submit(call, key, fn, arg);
}

enum err cluster_script(struct cluster *c, size_t i, const struct slice *keys,
			size_t n_keys, const struct slice *argv, size_t argc,
			redis_reply_fn *fn, void *arg)
{
	struct slice few[ARGUMENTS_FEW];
	size_t n = 4 + n_keys + argc, at = 3 + n_keys;
	struct slice *all = n > ARGUMENTS_FEW ? xcalloc(n, sizeof(*all)) : few;
	const struct cluster_slot *s;
	struct cluster_call *call;
	char count[24];

	/* Without a key it goes anywhere, and there is nothing to guard. */
	must(i < c->o.n_scripts && n_keys > 0);
	s = cluster_slot(c, keys[0]);
	all[0] = SLICE_LIT("EVALSHA");
	all[1] = slice_of(c->sha[i]);
	memcpy(all + 3, keys, n_keys * sizeof(*all));
	all[at++] = s->guard_n ? slice_bytes(s->guard, s->guard_n) : keys[0];
	if (argc > 0)
		memcpy(all + at, argv, argc * sizeof(*all));
	snprintf(count, sizeof(count), "%zu", n_keys + 1);
	all[2] = slice_of(count);
	call = call_new(c, redis_wire_of(all, n));
	if (all != few)
		free(all);
	return submit(call, keys[0], fn, arg);
}

/* ---- the map has changed ---- */

void cluster_slots_go_home(struct cluster *c)
{
	LIST_FOREACH (node, &c->slots) {
		struct cluster_slot *s =
		    container_of(node, struct cluster_slot, node);

		s->home = cluster_owner(c, s->number);
	}
}

void cluster_slots_leave(struct cluster *c, const struct cluster_node *n)
{
	LIST_FOREACH (node, &c->slots) {
		struct cluster_slot *s =
		    container_of(node, struct cluster_slot, node);

		if (s->home == n)
			s->home = NULL;
		LIST_FOREACH (waiting, &s->waiting) {
			struct cluster_call *call =
			    container_of(waiting, struct cluster_call, node);

			if (call->ask == n)
				call->ask = NULL;
		}
	}
}

/* ---- slots that are not served ---- */

static void on_probe(void *arg, enum err e, const struct reply *reply)
{
	struct cluster_slot *s = arg;
	struct cluster_node *other;
	struct cluster_place place;

	s->probing = false;
	if (s->cluster->closing || e == ERR_CLOSED)
		return;
	switch (cluster_verdict_of(reply, s->home ? s->home->place.host : "",
				   &place)) {
	case CLUSTER_DONE:
		if (e != ERR_OK)
			break;
		s->away = false;
		s->cluster->tell_up = true;
		log_info("cluster_slot_back", "slot=%d key=%.*s",
			 (int)s->number, (int)s->guard_n - 1, s->guard);
		break;
	case CLUSTER_MOVED:
		other = cluster_node_at(s->cluster, &place);
		s->home = other ? other : s->home;
		break;
	default:
		break;
	}
	if (s->cluster->tell_up)
		cluster_tell(s->cluster);
}

/* The guard is no key, so whoever is moving the slot away says so. */
static void probe(struct cluster_slot *s)
{
	struct slice argv[2] = {SLICE_LIT("EXISTS"),
				slice_bytes(s->guard, s->guard_n)};

	if (s->probing || !s->home)
		return;
	s->probing =
	    redis_command(s->home->redis, argv, 2, on_probe, s) == ERR_OK;
}

void cluster_slots_tick(struct cluster *c)
{
	LIST_FOREACH (node, &c->slots) {
		struct cluster_slot *s =
		    container_of(node, struct cluster_slot, node);

		if (s->away)
			probe(s);
	}
}

/* ---- the end ---- */

void cluster_slots_end(struct cluster *c)
{
	LIST_FOREACH (node, &c->slots)
		end_waiting(container_of(node, struct cluster_slot, node),
			    UINT64_MAX, ERR_CLOSED);
}

void cluster_slots_free(struct cluster *c)
{
	struct list *node;

	while ((node = list_pop(&c->slots)))
		free(container_of(node, struct cluster_slot, node));
}
