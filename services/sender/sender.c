/*
 * sender - the wiring and the handlers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every turn of the loop: transfers that have ended become results, queued
 * tasks become attempts, results leave. Nothing here outlives the process: a
 * task that is lost is handed out again by its router.
 */
#include "sender.h"

#include <stdlib.h>
#include <uv.h>

#include "attempt.h"
#include "authorize.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "curl/outgoing.h"
#include "curl/trust.h"
#include "earlier.h"
#include "gauges.h"
#include "io/turns.h"
#include "graves.h"
#include "plan.h"
#include "queue.h"
#include "routers.h"
#include "store/config.h"
#include "store/registry.h"

#define PLANS_MAX 4096
#define TICK_MS 500
/* How long a task may wait for the configuration to catch up. */
#define PARK_MS 2000

struct sender_state {
	struct service_run *run;	/* borrowed */
	const struct sender_conf *conf; /* borrowed */
	struct outgoing outgoing;
	struct config *config; /* owned, as all below */
	struct registry *registry;
	struct routers *routers;
	struct attempts *attempts;
	struct authorizer *authorizer;
	struct plans *plans;
	struct queue queue;
	struct graves graves;
	struct gauges gauges;
	struct turns *turns;
	uint64_t allowance; /* announced last */
	bool draining, drained, follow;
};

static void answer(struct sender_state *s, const struct task *t,
		   const struct msg_result *r)
{
	gauges_result(&s->gauges, r);
	routers_result(s->routers, t->link, r);
}

/* Answers without a further attempt; frees the task. What was learnt at a first
 * try is the answer, whatever keeps a second from being made. */
static void give_back(struct sender_state *s, struct task *t,
		      struct msg_result r)
{
	r.task = t->number;
	r.started_ms = wall_ms();
	r.wait_us = now_us() - t->taken_us;
	if (t->earlier)
		earlier_result(t->earlier, &r);
	answer(s, t, &r);
	task_free(&t);
}

static void refuse(struct sender_state *s, struct task *t, enum outcome outcome,
		   const char *error)
{
	give_back(s, t,
		  (struct msg_result){
		      .outcome = outcome,
		      .error = slice_of(error),
		  });
}

static void deny(struct sender_state *s, struct task *t,
		 const struct admission *m)
{
	give_back(s, t,
		  (struct msg_result){
		      .outcome = OUTCOME_unauthorized,
		      .retry_after_ms = m->retry_after_ms,
		      .error = slice_of(m->error),
		  });
}

static void park(struct sender_state *s, struct task *t)
{
	if (queue_park(&s->queue, t, now_ms() + PARK_MS) == ERR_OK)
		config_refresh(s->config);
	else
		refuse(s, t, OUTCOME_not_started, "queue_full");
}

static void start_authorized(struct sender_state *s, struct webhook *w,
			     struct task *t, uint64_t now)
{
	struct admission m = authorize(s->authorizer, w, t, now);

	switch (m.kind) {
	case ADMISSION_GRANTED:
		attempt_start(s->attempts, plans_get(s->plans, w), t, now);
		break;
	case ADMISSION_WAITS:
		break;
	case ADMISSION_UNKNOWN:
		park(s, t);
		break;
	case ADMISSION_REFUSED:
		deny(s, t, &m);
		break;
	}
}

static void start(struct sender_state *s, struct task *t)
{
	struct webhook *w = config_webhook(s->config, &t->webhook);
	uint64_t now = wall_ms();

	if (t->start_by_ms && now > t->start_by_ms)
		refuse(s, t, OUTCOME_not_started, "too_late");
	else if (!w && graves_has(&s->graves, &t->webhook))
		refuse(s, t, OUTCOME_dead, "webhook_deleted");
	else if (!w || w->version < t->version)
		park(s, t);
	else if (!w->enabled && !t->trace)
		refuse(s, t, OUTCOME_dead, "webhook_disabled");
	else if (w->auth == AUTH_OAUTH2)
		start_authorized(s, w, t, now);
	else
		attempt_start(s->attempts, plans_get(s->plans, w), t, now);
}

static bool can_start(const struct sender_state *s)
{
	return !list_empty(&s->queue.ready) &&
	       attempts_running(s->attempts) < (size_t)s->conf->max_in_flight;
}

static void start_queued(struct sender_state *s)
{
	while (can_start(s))
		start(s, queue_pop(&s->queue));
}

static void announce(struct sender_state *s)
{
	size_t n = routers_count(s->routers);
	uint64_t share = (uint64_t)s->conf->max_in_flight / (n ? n : 1);

	s->allowance = share ? share : 1;
	if (s->draining || !config_loaded(s->config))
		s->allowance = 0;
	routers_announce(s->routers, s->allowance);
}

static void check_drained(struct sender_state *s)
{
	if (!s->draining || s->drained || s->queue.n > 0 ||
	    attempts_running(s->attempts) > 0 || !routers_flushed(s->routers))
		return;
	s->drained = true;
	service_drained(s->run);
}

/* After events have been handled and again before the loop waits. */
static void on_turn(void *arg)
{
	struct sender_state *s = arg;

	if (s->follow) {
		s->follow = false;
		routers_follow(s->routers, s->registry);
		authorizer_follow(s->authorizer, s->registry);
		announce(s);
	}
	do {
		start_queued(s);
		attempts_turn(s->attempts);
		/* A task whose token was refused may be ready once more. */
	} while (attempts_due(s->attempts) || can_start(s));
	routers_flush(s->routers);
	check_drained(s);
}

static void on_task(void *arg, uint64_t link, const struct msg_task *m)
{
	struct sender_state *s = arg;
	struct task *t = task_new(link, m);

	if (!t) {
		++*s->gauges.malformed;
		return;
	}
	++*s->gauges.tasks;
	if (s->draining)
		refuse(s, t, OUTCOME_not_started, "draining");
	else if (queue_push(&s->queue, t) != ERR_OK)
		refuse(s, t, OUTCOME_not_started, "queue_full");
}

static void on_result(void *arg, const struct task *t,
		      const struct msg_result *r)
{
	answer(arg, t, r);
}

/* First try: 401, with a token. */
static void on_refused(void *arg, struct task *t, const struct msg_result *r)
{
	struct sender_state *s = arg;

	t->earlier = earlier_new(r, t->bearer->number);
	t->taken_us = now_us();
	authorizer_reject(s->authorizer, t);
	if (s->draining || queue_push_front(&s->queue, t) != ERR_OK)
		refuse(s, t, OUTCOME_not_started, "queue_full");
}

/* It was parked for its webhook, or for the credential of it. */
static void expire_parked(struct sender_state *s, struct task *t)
{
	const struct webhook *w = config_webhook(s->config, &t->webhook);
	struct admission m;

	if (!w || w->version < t->version) {
		refuse(s, t, OUTCOME_not_started, "webhook_unknown");
	} else if (w->auth == AUTH_OAUTH2 &&
		   !config_credential(s->config, &w->credential)) {
		m = authorizer_unknown(s->authorizer, &w->credential);
		deny(s, t, &m);
	} else {
		start(s, t);
	}
}

static void expire(struct sender_state *s)
{
	struct admission m;
	struct task *t;

	while ((t = queue_pop_expired(&s->queue, now_ms())))
		expire_parked(s, t);
	while ((t = authorizer_pop_expired(s->authorizer, &m)))
		deny(s, t, &m);
}

static void on_tick(void *arg)
{
	struct sender_state *s = arg;

	expire(s);
	*s->gauges.running = (int64_t)attempts_running(s->attempts);
	*s->gauges.queued = (int64_t)s->queue.n;
	*s->gauges.connections = (int64_t)attempts_connections(s->attempts);
	*s->gauges.routers = (int64_t)routers_count(s->routers);
	/* A link that was closed for bad frames is opened again. */
	routers_follow(s->routers, s->registry);
	authorizer_follow(s->authorizer, s->registry);
	authorizer_tick(s->authorizer);
	announce(s);
	attempts_trim(s->attempts);
	if (s->queue.n_parked > 0)
		config_refresh(s->config);
}

static void on_config_change(void *arg, enum config_kind kind, struct slice id)
{
	struct sender_state *s = arg;
	struct ulid u;

	if (kind == CONFIG_CREDENTIAL && ulid_parse(id, "cred", &u) == ERR_OK)
		authorizer_look(s->authorizer, &u);
	else if (kind != CONFIG_WEBHOOK || ulid_parse(id, "wh", &u) != ERR_OK)
		return;
	else if (!config_webhook(s->config, &u))
		graves_add(&s->graves, &u);
	queue_unpark(&s->queue);
}

static void on_config_loaded(void *arg)
{
	struct sender_state *s = arg;

	authorizer_look_at_all(s->authorizer);
	queue_unpark(&s->queue);
	s->follow = true; /* announce() */
	service_set_healthy(s->run, true, "");
}

static void on_config_mismatch(void *arg, const char *text)
{
	struct sender_state *s = arg;

	log_error("partitions_mismatch", "text=\"%s\"", text);
	service_fail(s->run, 1);
}

static void on_registry_change(void *arg)
{
	struct sender_state *s = arg;

	s->follow = true;
}

static bool is_healthy(void *arg)
{
	const struct sender_state *s = arg;

	return config_loaded(s->config);
}

static void write_figures(void *arg, struct buf *out)
{
	const struct sender_state *s = arg;

	buf_printf(out,
		   "{\"running\":%zu,\"queued\":%zu,\"connections\":%zu,"
		   "\"routers\":%zu,\"allowance\":%llu,\"delivered\":%llu}",
		   attempts_running(s->attempts), s->queue.n,
		   attempts_connections(s->attempts), routers_count(s->routers),
		   (unsigned long long)s->allowance,
		   (unsigned long long)*s->gauges.outcomes[OUTCOME_delivered]);
}

static bool open_store(struct sender_state *s, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(s->run);
	const struct config_options config = {
	    .redis = &common->redis,
	    .partitions = (uint64_t)common->partitions,
	    .with_webhooks = true,
	    .with_requests = true,
	    .with_credentials = true,
	    .master_key = s->outgoing.master_key,
	    .on_change = on_config_change,
	    .on_loaded = on_config_loaded,
	    .on_mismatch = on_config_mismatch,
	    .arg = s,
	};
	const struct registry_options registry = {
	    .service = "sender",
	    .instance = common->instance,
	    .redis = &common->redis,
	    .figures = write_figures,
	    .healthy = is_healthy,
	    .on_change = on_registry_change,
	    .arg = s,
	};
	uv_loop_t *loop = service_loop(s->run);

	s->config = config_open(loop, &config, error, error_size);
	if (s->config)
		s->registry = registry_open(loop, &registry, error, error_size);
	return s->registry != NULL;
}

static bool open_attempts(struct sender_state *s, char *error,
			  size_t error_size)
{
	const struct common_conf *common = service_common(s->run);
	const struct attempts_options options = {
	    .loop = service_loop(s->run),
	    .rules = &s->outgoing.rules,
	    .sources = &s->outgoing.sources,
	    .proxy = common->egress_proxy,
	    .ca_file = s->outgoing.trust ? trust_path(s->outgoing.trust) : NULL,
	    .dev = common->dev,
	    .running_max = (size_t)s->conf->max_in_flight,
	    .on_result = on_result,
	    .on_refused = on_refused,
	    .arg = s,
	};

	s->plans = plans_new(PLANS_MAX, common->dev);
	s->attempts = attempts_new(&options, error, error_size);
	return s->attempts != NULL;
}

static void open_routers(struct sender_state *s)
{
	const struct routers_options options = {
	    .loop = service_loop(s->run),
	    .curve = service_curve(s->run),
	    .instance = service_common(s->run)->instance,
	    .results_pending_max = (size_t)s->conf->max_in_flight * 4,
	    .on_task = on_task,
	    .arg = s,
	    .malformed = s->gauges.malformed,
	    .results_dropped = s->gauges.results_dropped,
	};

	s->routers = routers_new(&options);
}

static void open_authorizer(struct sender_state *s)
{
	size_t max = (size_t)s->conf->max_in_flight;
	const struct authorizer_options options = {
	    .loop = service_loop(s->run),
	    .curve = service_curve(s->run),
	    .config = s->config,
	    .queue = &s->queue,
	    .gauges = &s->gauges,
	    .master_key = s->outgoing.master_key,
	    .waiting_max = max / 4 > 0 ? max / 4 : 1,
	    .wait_ms = (uint64_t)s->conf->token_wait_ms,
	};

	s->authorizer = authorizer_new(&options);
}

static void start_turns(struct sender_state *s)
{
	const struct turns_options options = {
	    .on_turn = on_turn,
	    .on_tick = on_tick,
	    .tick_ms = TICK_MS,
	    .arg = s,
	};

	s->turns = turns_start(service_loop(s->run), &options);
}

bool sender_start(struct service_run *run, void *arg, char *error,
		  size_t error_size)
{
	struct sender *sender = arg;
	struct sender_state *s = xcalloc(1, sizeof(*s));
	size_t max = (size_t)sender->conf.max_in_flight;

	sender->state = s;
	s->run = run;
	s->conf = &sender->conf;
	queue_init(&s->queue, max, (size_t)sender->conf.body_bytes_max);
	gauges_init(&s->gauges, service_metrics(run));
	service_set_healthy(run, false, "configuration not loaded");
	s->outgoing.common = service_common(run);
	s->outgoing.program = "postrider-sender";
	s->outgoing.ca_setting = "POSTRIDER_SENDER_CA_FILE";
	s->outgoing.ca_file = s->conf->ca_file;
	if (!outgoing_read(&s->outgoing, error, error_size) ||
	    !open_attempts(s, error, error_size))
		return false;
	open_routers(s);
	if (!open_store(s, error, error_size) ||
	    !service_admin_listen(run, s->conf->admin_bind, error, error_size))
		return false;
	open_authorizer(s);
	start_turns(s);
	return true;
}

void sender_drain(struct service_run *run, void *arg)
{
	struct sender_state *s = ((struct sender *)arg)->state;
	struct task *t;

	(void)run;
	s->draining = true;
	announce(s);
	authorizer_recall(s->authorizer);
	while ((t = queue_pop_any(&s->queue)))
		refuse(s, t, OUTCOME_not_started, "draining");
}

void sender_stop(struct service_run *run, void *arg)
{
	struct sender *sender = arg;
	struct sender_state *s = sender->state;

	(void)run;
	if (!s)
		return;
	turns_stop(&s->turns);
	if (s->registry)
		registry_close(&s->registry);
	routers_free(&s->routers);
	attempts_free(&s->attempts);
	authorizer_free(&s->authorizer);
	plans_free(&s->plans);
	queue_fini(&s->queue);
	if (s->config)
		config_close(&s->config);
	outgoing_fini(&s->outgoing);
	free(s);
	sender->state = NULL;
}
