/*
 * desk - from asks to answers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever happens to a grant ends in desk_consider(), which answers who can be
 * answered and asks for the lock when somebody cannot.
 */
#include "desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "desk_private.h"
#include "schedule.h"
#include "store/credential.h"
#include "tokens/token_client.h"

#define ASKS_MAX 65536
/* Senders ask again every two seconds. */
#define ASK_US_MAX 30000000
/* A credential that somebody else knows of may take so long to arrive here. */
#define UNKNOWN_US_MAX 2000000
struct desk *desk_new(const struct desk_options *options)
{
	struct desk *d = xcalloc(1, sizeof(*d));

	d->options = *options;
	d->grants = grants_new(CONFIG_CREDENTIALS_MAX);
	return d;
}

void desk_equip(struct desk *d, const struct desk_tools *tools)
{
	d->tools = *tools;
}

static void end_ask(struct desk *d, struct ask *a)
{
	ask_free(a);
	d->n_asks--;
}

void desk_free(struct desk **dp)
{
	struct desk *d = *dp;
	struct grant *g;
	struct list *node;
	size_t pos = 0;

	if (!d)
		return;
	while ((g = grants_next(d->grants, &pos)))
		while ((node = list_first(&g->asks)))
			end_ask(d, container_of(node, struct ask, node));
	grants_free(&d->grants);
	free(d);
	*dp = NULL;
}

void desk_set_state(struct desk *d, struct grant *g, enum grant_state state)
{
	static const bool may[4][4] = {
	    [GRANT_IDLE] = {[GRANT_CLAIMING] = true},
	    [GRANT_CLAIMING] = {[GRANT_IDLE] = true, [GRANT_FETCHING] = true},
	    [GRANT_FETCHING] = {[GRANT_IDLE] = true, [GRANT_STORING] = true},
	    [GRANT_STORING] = {[GRANT_IDLE] = true},
	};

	must(may[g->state][state]);
	d->busy += state == GRANT_CLAIMING;
	d->busy -= state == GRANT_IDLE;
	g->state = state;
}

struct credential *desk_credential(const struct desk *d, const struct grant *g)
{
	return config_credential(d->tools.config, &g->credential);
}

/* ---- answering ---- */

static void send_answer(struct desk *d, const struct grant *g,
			struct slice identity, const struct answer *answer)
{
	struct buf frame;

	buf_init(&frame, FRAME_BYTES_MAX);
	answer_encode(g, answer, &frame);
	must(!buf_full(&frame));
	d->options.send(d->options.arg, identity, buf_slice(&frame));
	buf_fini(&frame);
}

/* False: there is nothing to say yet. */
static bool say(struct desk *d, const struct grant *g, uint64_t version,
		const struct msg_token_ask *m, struct answer *answer)
{
	const struct grant_record *r = &g->record;
	uint64_t wall = wall_ms();

	*answer = (struct answer){
	    .ask = m->ask,
	    .version = version,
	    .error = "",
	    .good = grant_is_good(r, version, wall),
	};
	switch (grant_say(r, version, m, wall)) {
	case GRANT_HAS:
		return true;
	case GRANT_FAILING:
		answer->error = r->error;
		answer->retry_ms = r->retry_ms;
		return true;
	case GRANT_LIMITED:
		answer->error = "oauth_rejected";
		answer->retry_ms =
		    wall + schedule_refusal_ms(r->refused_ms, wall);
		++*d->options.gauges->limited;
		return true;
	case GRANT_NEEDED:
		break;
	}
	return false;
}

void desk_answer(struct desk *d, const struct grant *g, struct ask *a,
		 const struct answer *answer)
{
	send_answer(d, g, slice_bytes(a->identity, a->identity_n), answer);
	histogram_observe_us(d->options.gauges->wait, now_us() - a->since_us);
	end_ask(d, a);
}

static void answer_gone(struct desk *d, const struct grant *g, struct ask *a)
{
	const struct answer answer = {
	    .ask = a->m.ask,
	    .error = "oauth_no_credential",
	    .report = SLICE_LIT("{\"ok\":false,\"status\":null,"
				"\"error\":\"oauth_no_credential\"}"),
	};

	desk_answer(d, g, a, &answer);
}

static void answer_all_gone(struct desk *d, const struct grant *g,
			    uint64_t before_us)
{
	struct list *next;

	for (struct list *node = g->asks.next; node != &g->asks; node = next) {
		struct ask *a = container_of(node, struct ask, node);

		next = node->next;
		if (a->since_us <= before_us)
			answer_gone(d, g, a);
	}
}

/* Answers who can be; true: somebody needs another token than there is. */
static bool answer_some(struct desk *d, const struct grant *g, uint64_t version)
{
	struct answer answer;
	bool needed = false;
	struct list *next;

	for (struct list *node = g->asks.next; node != &g->asks; node = next) {
		struct ask *a = container_of(node, struct ask, node);

		next = node->next;
		if (a->m.version > version)
			continue; /* until the configuration has come */
		if (say(d, g, version, &a->m, &answer))
			desk_answer(d, g, a, &answer);
		else if (!(a->m.flags & TOKEN_TEST) ||
			 now_ms() >= g->tests_after_ms)
			needed = true;
	}
	return needed;
}

/* ---- needing one ---- */

/* Each credential is renewed by one of the processes that are alive, the one
 * that is asked for it. */
static bool is_ours(const struct desk *d, const struct ulid *credential)
{
	uint64_t mine = token_claim(d->options.instance, credential);
	const struct process_info *p;
	size_t pos = 0;

	while ((p = registry_next(d->tools.registry, &pos)))
		if (*p->token_endpoints &&
		    strcmp(p->instance, d->options.instance) != 0 &&
		    token_claim(p->instance, credential) > mine)
			return false;
	return true;
}

static void claim(struct desk *d, struct grant *g)
{
	uint64_t now = now_ms();

	/* Whoever asks for the lock will need a place, too. */
	if (now < g->again_ms || d->busy >= d->options.running_max)
		return; /* the next tick looks again */
	if (ledger_claim(d->tools.ledger, &g->credential, g->serial) == ERR_OK)
		desk_set_state(d, g, GRANT_CLAIMING);
	else
		g->again_ms = now + AGAIN_MS;
}

void desk_consider(struct desk *d, struct grant *g)
{
	const struct credential *c = desk_credential(d, g);
	bool needed;

	/* Until then nothing is known to be gone. */
	if (!config_loaded(d->tools.config))
		return;
	if (!c) {
		answer_all_gone(d, g, now_us() - UNKNOWN_US_MAX);
		if (list_empty(&g->asks) && g->state == GRANT_IDLE)
			grants_drop(d->grants, g);
		return;
	}
	needed = answer_some(d, g, c->version);
	if (g->state != GRANT_IDLE || d->draining)
		return;
	if (needed ||
	    (grant_is_due(g, c->version, d->options.idle_ms, wall_ms()) &&
	     is_ours(d, &g->credential)))
		claim(d, g);
}

void desk_ask(struct desk *d, struct slice identity,
	      const struct msg_token_ask *m)
{
	const struct credential *c;
	struct answer answer;
	struct ulid id;
	struct grant *g = NULL;

	++*d->options.gauges->asks;
	if (ulid_from_slice(m->credential, &id) != ERR_OK ||
	    identity.n > ASK_IDENTITY_MAX) {
		++*d->options.gauges->malformed;
		return;
	}
	if (d->n_asks < ASKS_MAX)
		g = grants_get(d->grants, &id);
	if (!g) {
		++*d->options.gauges->dropped;
		return;
	}
	g->asked_ms = wall_ms();
	c = desk_credential(d, g);
	if (c && c->version >= m->version &&
	    say(d, g, c->version, m, &answer)) {
		++*d->options.gauges->hits;
		send_answer(d, g, identity, &answer);
		return;
	}
	d->n_asks += asks_add(&g->asks, identity, m, now_us());
	if (!c || c->version < m->version)
		config_refresh(d->tools.config);
	desk_consider(d, g);
}

/* ---- the lock, and what Redis has ---- */

void desk_on_claimed(void *arg, const struct ulid *credential,
		     enum ledger_claim said, uint64_t busy_ms)
{
	struct desk *d = arg;
	struct grant *g = grants_find(d->grants, credential);
	struct credential *c;

	must(g && g->state == GRANT_CLAIMING);
	c = desk_credential(d, g);
	if (said == LEDGER_YOURS && c && !d->draining) {
		errand_fetch(d, g, c);
		return;
	}
	if (said == LEDGER_YOURS)
		ledger_release(d->tools.ledger, credential);
	else if (said != LEDGER_NEWER)
		g->again_ms = now_ms() + (said == LEDGER_BUSY && busy_ms > 0 &&
						  busy_ms < AGAIN_MS
					      ? busy_ms
					      : AGAIN_MS);
	desk_set_state(d, g, GRANT_IDLE);
	desk_consider(d, g);
}

void desk_on_grant(void *arg, const struct ulid *credential, uint64_t serial,
		   struct slice frame)
{
	struct desk *d = arg;
	struct grant_record r = {0};
	struct grant *g;
	bool same;

	/* Its credential was removed while nobody was there to see it, or is
	 * too new for our mirror. */
	if (config_loaded(d->tools.config) &&
	    !config_credential(d->tools.config, credential)) {
		if (frame.n > 0)
			ledger_forget_orphan(d->tools.ledger, credential);
		return;
	}
	g = grants_get(d->grants, credential);
	/* What is being stored is newer, or will be refused. */
	if (!g || g->state == GRANT_STORING)
		return;
	if (frame.n > 0 && grant_decode(frame, &r) != ERR_OK) {
		log_warn("malformed", "what=grant");
		frame.n = 0;
	}
	g->told = frame.n > 0;
	same = frame.n == 0 || grant_same(&g->record, &r);
	/* Of what Redis has not, or not any more, it knows no serial: with an
	 * older one it would never give the lock. */
	if (serial || !same || frame.n == 0)
		g->serial = serial;
	if (same) {
		grant_record_fini(&r);
	} else {
		grant_record_fini(&g->record);
		g->record = r;
	}
	if (g->state != GRANT_CLAIMING)
		desk_consider(d, g);
}

void desk_on_loading(void *arg)
{
	struct desk *d = arg;
	struct grant *g;
	size_t pos = 0;

	while ((g = grants_next(d->grants, &pos)))
		g->told = false;
}

/* Of what a Redis that has lost something does not know, neither the number nor
 * the credential's version is worth anything: both may be given to others. */
static void forget_untold(struct desk *d)
{
	struct grant *g;
	size_t pos = 0;

	while ((g = grants_next(d->grants, &pos))) {
		if (g->told || g->state != GRANT_IDLE)
			continue;
		grant_record_fini(&g->record);
		g->record = (struct grant_record){0};
		g->serial = 0;
	}
}

void desk_on_loaded(void *arg)
{
	struct desk *d = arg;

	forget_untold(d);
	d->options.on_loaded(d->options.arg);
}

/* ---- now and then ---- */

/* The credential is gone: its token is of no use from now on. */
static void forget(struct desk *d, struct grant *g)
{
	ledger_forget(d->tools.ledger, &g->credential);
	grant_record_fini(&g->record);
	answer_all_gone(d, g, UINT64_MAX);
	desk_consider(d, g);
}

void desk_look(struct desk *d, struct slice id)
{
	struct ulid credential;
	struct grant *g;

	if (ulid_parse(id, "cred", &credential) != ERR_OK)
		return;
	g = grants_find(d->grants, &credential);
	if (g && !desk_credential(d, g))
		forget(d, g);
	else if (g)
		desk_consider(d, g);
}

void desk_sweep(struct desk *d)
{
	struct grant *g;
	size_t pos = 0;

	while ((g = grants_next(d->grants, &pos))) {
		if (!desk_credential(d, g))
			forget(d, g);
		else
			desk_consider(d, g);
	}
}

static void drop_old(struct desk *d, struct grant *g)
{
	uint64_t now = now_us();
	struct list *next;

	for (struct list *node = g->asks.next; node != &g->asks; node = next) {
		struct ask *a = container_of(node, struct ask, node);

		next = node->next;
		if (now < a->since_us + ASK_US_MAX)
			continue;
		++*d->options.gauges->dropped;
		end_ask(d, a);
	}
}

void desk_tick(struct desk *d)
{
	uint64_t now = now_ms(), wall = wall_ms();
	struct gauges *gauges = d->options.gauges;
	struct grant *g;
	size_t pos = 0;

	while ((g = grants_next(d->grants, &pos))) {
		if (g->state == GRANT_FETCHING && now >= g->held_ms) {
			g->held_ms = now + LEDGER_HOLD_MS;
			ledger_hold(d->tools.ledger, &g->credential);
		}
		if (g->state == GRANT_STORING && g->again_ms &&
		    now >= g->again_ms)
			errand_store(d, g);
		if (list_empty(&g->asks) && wall < g->record.renew_ms)
			continue;
		drop_old(d, g);
		desk_consider(d, g);
	}
	*gauges->held = (int64_t)grants_count(d->grants);
	*gauges->waiting = (int64_t)d->n_asks;
	*gauges->running = (int64_t)fetches_running(d->tools.fetches);
}

void desk_drain(struct desk *d)
{
	d->draining = true;
}

bool desk_is_idle(const struct desk *d)
{
	return d->busy == 0;
}

size_t desk_held(const struct desk *d)
{
	return grants_count(d->grants);
}
