/*
 * sender - the wiring and the handlers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every turn of the loop: transfers that have ended become results, queued
 * tasks become attempts, results leave. Nothing here outlives the process: a
 * task that is lost is handed out again by its router.
 */
#include "sender.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "attempt.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "curl/source.h"
#include "curl/trust.h"
#include "gauges.h"
#include "graves.h"
#include "plan.h"
#include "queue.h"
#include "routers.h"
#include "store/config.h"
#include "store/registry.h"
#include "store/seal.h"
#include "net/egress.h"
#include "net/target.h"

#define PLANS_MAX 4096
#define TICK_MS 500
/* How long a task may wait for the configuration to catch up. */
#define PARK_MS 2000

struct sender_state {
	struct service_run *run;	/* borrowed */
	const struct sender_conf *conf; /* borrowed */
	uint8_t master_key[SEAL_KEY_BYTES];
	bool has_master_key;
	struct target_rules rules;
	struct egress_sources sources;
	struct trust *trust; /* owned, as all below; NULL: none */
	struct config *config;
	struct registry *registry;
	struct routers *routers;
	struct attempts *attempts;
	struct plans *plans;
	struct queue queue;
	struct graves graves;
	struct gauges gauges;
	uv_prepare_t *prepare; /* freed in their close callbacks */
	uv_check_t *check;
	uv_timer_t *tick;
	uint64_t allowance; /* announced last */
	bool draining, drained, follow;
};

static void answer(struct sender_state *s, const struct task *t,
		   const struct msg_result *r)
{
	gauges_result(&s->gauges, r);
	routers_result(s->routers, t->link, r);
}

/* Answers without an attempt; frees the task. */
static void refuse(struct sender_state *s, struct task *t, enum outcome outcome,
		   const char *error)
{
	struct msg_result r = {
	    .task = t->number,
	    .outcome = outcome,
	    .started_ms = wall_ms(),
	    .wait_us = now_us() - t->taken_us,
	    .error = slice_of(error),
	};

	answer(s, t, &r);
	task_free(&t);
}

static void park(struct sender_state *s, struct task *t)
{
	if (queue_park(&s->queue, t, now_ms() + PARK_MS) == ERR_OK)
		config_refresh(s->config);
	else
		refuse(s, t, OUTCOME_not_started, "queue_full");
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
	else
		attempt_start(s->attempts, plans_get(s->plans, w), t, now);
}

static void start_queued(struct sender_state *s)
{
	size_t max = (size_t)s->conf->max_in_flight;
	struct task *t;

	while (attempts_running(s->attempts) < max &&
	       (t = queue_pop(&s->queue)))
		start(s, t);
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
static void turn(struct sender_state *s)
{
	if (s->follow) {
		s->follow = false;
		routers_follow(s->routers, s->registry);
		announce(s);
	}
	do {
		start_queued(s);
		attempts_turn(s->attempts);
	} while (attempts_due(s->attempts));
	routers_flush(s->routers);
	check_drained(s);
}

static void on_prepare(uv_prepare_t *prepare)
{
	turn(prepare->data);
}

static void on_check(uv_check_t *check)
{
	turn(check->data);
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

static void on_tick(uv_timer_t *timer)
{
	struct sender_state *s = timer->data;
	struct task *t;

	while ((t = queue_pop_expired(&s->queue, now_ms())))
		refuse(s, t, OUTCOME_not_started, "webhook_unknown");
	*s->gauges.running = (int64_t)attempts_running(s->attempts);
	*s->gauges.queued = (int64_t)s->queue.n;
	*s->gauges.connections = (int64_t)attempts_connections(s->attempts);
	*s->gauges.routers = (int64_t)routers_count(s->routers);
	/* A link that was closed for bad frames is opened again. */
	routers_follow(s->routers, s->registry);
	announce(s);
	attempts_trim(s->attempts);
	if (s->queue.n_parked > 0)
		config_refresh(s->config);
}

static void on_config_change(void *arg, enum config_kind kind, struct slice id)
{
	struct sender_state *s = arg;
	struct ulid webhook;

	if (kind != CONFIG_WEBHOOK || ulid_parse(id, "wh", &webhook) != ERR_OK)
		return;
	if (!config_webhook(s->config, &webhook))
		graves_add(&s->graves, &webhook);
	queue_unpark(&s->queue);
}

static void on_config_loaded(void *arg)
{
	struct sender_state *s = arg;

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

static void read_sources(struct sender_state *s, const char *setting)
{
	struct slice bad;

	/* Looked at with the other settings. */
	must(egress_sources_parse(&s->sources, setting, &bad) == ERR_OK);
	/* Better now than at every attempt. */
	if (source_check(&s->sources) != ERR_OK)
		fatal(2,
		      "postrider-sender: POSTRIDER_EGRESS_SOURCE: cannot send "
		      "from %s: %s",
		      setting, strerror(errno));
}

static bool read_settings(struct sender_state *s, char *error,
			  size_t error_size)
{
	const struct common_conf *common = service_common(s->run);
	struct slice bad;

	/* Looked at with the other settings. */
	must(target_rules_parse(&s->rules, common->allow_nets, common->dev,
				&bad) == ERR_OK);
	read_sources(s, common->egress_source);
	if (common->master_key) {
		if (seal_key_parse(slice_of(common->master_key),
				   s->master_key) != ERR_OK) {
			(void)snprintf(error, error_size,
				       "POSTRIDER_MASTER_KEY: 64 hex digits "
				       "are expected");
			return false;
		}
		s->has_master_key = true;
	}
	if (s->conf->ca_file && *s->conf->ca_file) {
		s->trust = trust_open("POSTRIDER_SENDER_CA_FILE",
				      s->conf->ca_file, error, error_size);
		return s->trust != NULL;
	}
	return true;
}

static bool open_store(struct sender_state *s, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(s->run);
	const struct config_options config = {
	    .redis_url = common->redis_url,
	    .redis_password = common->redis_password,
	    .partitions = (uint64_t)common->partitions,
	    .with_webhooks = true,
	    .with_requests = true,
	    .master_key = s->has_master_key ? s->master_key : NULL,
	    .on_change = on_config_change,
	    .on_loaded = on_config_loaded,
	    .on_mismatch = on_config_mismatch,
	    .arg = s,
	};
	const struct registry_options registry = {
	    .service = "sender",
	    .instance = common->instance,
	    .redis_url = common->redis_url,
	    .redis_password = common->redis_password,
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
	    .rules = &s->rules,
	    .sources = &s->sources,
	    .proxy = common->egress_proxy,
	    .ca_file = s->trust ? trust_path(s->trust) : NULL,
	    .dev = common->dev,
	    .running_max = (size_t)s->conf->max_in_flight,
	    .on_result = on_result,
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
	    .instance = service_common(s->run)->instance,
	    .results_pending_max = (size_t)s->conf->max_in_flight * 4,
	    .on_task = on_task,
	    .arg = s,
	    .malformed = s->gauges.malformed,
	    .results_dropped = s->gauges.results_dropped,
	};

	s->routers = routers_new(&options);
}

static void start_turns(struct sender_state *s)
{
	uv_loop_t *loop = service_loop(s->run);

	s->prepare = xcalloc(1, sizeof(*s->prepare));
	s->check = xcalloc(1, sizeof(*s->check));
	s->tick = xcalloc(1, sizeof(*s->tick));
	s->prepare->data = s->check->data = s->tick->data = s;
	(void)uv_prepare_init(loop, s->prepare);
	(void)uv_check_init(loop, s->check);
	(void)uv_timer_init(loop, s->tick);
	(void)uv_prepare_start(s->prepare, on_prepare);
	(void)uv_check_start(s->check, on_check);
	(void)uv_timer_start(s->tick, on_tick, TICK_MS, TICK_MS);
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
	if (!read_settings(s, error, error_size) ||
	    !open_attempts(s, error, error_size))
		return false;
	open_routers(s);
	if (!open_store(s, error, error_size) ||
	    !service_admin_listen(run, s->conf->admin_bind, error, error_size))
		return false;
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
	while ((t = queue_pop_any(&s->queue)))
		refuse(s, t, OUTCOME_not_started, "draining");
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void close_handle(void *handle)
{
	if (handle)
		uv_close(handle, on_closed);
}

void sender_stop(struct service_run *run, void *arg)
{
	struct sender *sender = arg;
	struct sender_state *s = sender->state;

	(void)run;
	if (!s)
		return;
	close_handle(s->tick);
	close_handle(s->check);
	close_handle(s->prepare);
	if (s->registry)
		registry_close(&s->registry);
	routers_free(&s->routers);
	attempts_free(&s->attempts);
	plans_free(&s->plans);
	queue_fini(&s->queue);
	if (s->config)
		config_close(&s->config);
	trust_close(&s->trust);
	OPENSSL_cleanse(s->master_key, sizeof(s->master_key));
	free(s);
	sender->state = NULL;
}
