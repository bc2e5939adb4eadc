/*
 * console - the wiring: connections, and who may use the routes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalogue/catalogue.h"
#include "delays.h"
#include "purge.h"
#include "store/keys.h"
#include "store/script.h"
#include "token_trial.h"
#include "trial.h"

#define WAIT_MS_MAX 2000
#define WAIT_LOOK_MS 250
#define LINGER_MS 50

const struct conf_item console_conf[] = {
    CONF_STR(struct console, http_bind, "console_http_bind", "127.0.0.1:8080",
	     256, "where the REST API and the test inbox listen"),
    CONF_STR(struct console, admin_bind, "console_admin_bind", "127.0.0.1:9185",
	     256, "where /healthz and /metrics listen"),
    CONF_BIND(struct console, sender_bind, "console_sender_bind",
	      "tcp://127.0.0.1:*", 500,
	      "ZeroMQ endpoints where senders come for test sends, "
	      "comma-separated"),
    CONF_INT(struct console, connections_max, "console_connections_max", 1000,
	     1, 100000, "HTTP connections at a time"),
    CONF_STR(struct console, egress_addresses, "console_egress_addresses", "",
	     4096,
	     "comma-separated addresses that requests come from, for "
	     "GET /v1/egress; empty: those of POSTRIDER_EGRESS_SOURCE"),
    CONF_END_ROW,
};

uint64_t console_partition(const struct console *c, struct slice project)
{
	return partition_of(project, (uint64_t)c->common->partitions);
}

/* --- requests ---------------------------------------------------------- */

static void refuse_key(struct console *c, struct http_request *req)
{
	static const char *const headers[] = {"WWW-Authenticate", "Bearer",
					      NULL};

	(*c->unauthorized)++;
	http_problem(req, 401, "unauthorized", NULL,
		     "a key is wanted: Authorization: Bearer <key>", headers);
}

static bool may_use(const struct caller *caller,
		    const struct route_match *match)
{
	if (caller->admin || match->route->access == ACCESS_KEY)
		return true;
	return (match->route->access == ACCESS_PROJECT ||
		match->route->access == ACCESS_NEW_PROJECT) &&
	       caller->project &&
	       slice_eq_str(match->params[0], caller->project);
}

/* False when it has been answered. */
static bool let_in(struct console *c, struct http_request *req,
		   const struct route_match *match, struct caller *caller)
{
	if (match->route->access == ACCESS_PUBLIC)
		return true;
	if (!auth_check(c->config, c->common->admin_key,
			http_header(req, "Authorization"), caller)) {
		refuse_key(c, req);
		return false;
	}
	if (!may_use(caller, match)) {
		http_problem(req, 403, "forbidden", NULL,
			     "the key is not for this", NULL);
		return false;
	}
	if (match->route->access == ACCESS_PROJECT &&
	    !config_project(c->config, match->params[0])) {
		http_problem(req, 404, "not_found", NULL,
			     "there is no such project", NULL);
		return false;
	}
	return true;
}

static void refuse_route(struct http_request *req, enum err e,
			 const struct route_match *match)
{
	const char *const headers[] = {"Allow", match->allow, NULL};

	if (e == ERR_REFUSED)
		http_problem(req, 405, "method_not_allowed", NULL,
			     "the path has other methods", headers);
	else
		http_problem(req, 404, "not_found", NULL,
			     "there is no such path", NULL);
}

static void on_request(void *arg, struct http_request *req)
{
	struct console *c = arg;
	struct caller caller = {0};
	struct route_match match;
	struct call *call;
	enum err e;

	(*c->requests)++;
	if (service_is_draining(c->run) || !config_loaded(c->config)) {
		http_problem(req, 503, "unavailable", NULL,
			     "starting or stopping", NULL);
		return;
	}
	e = console_route(http_method(req), http_path(req), &match);
	if (e != ERR_OK) {
		refuse_route(req, e, &match);
		return;
	}
	if (!let_in(c, req, &match, &caller))
		return;
	call = call_new(c, req, &match);
	call->admin = caller.admin;
	match.route->handler(call);
}

/* --- waiting for the mirror -------------------------------------------- */

/* Two lists, because what a resumed call does may wait again. */
static void wake(struct console *c, bool all)
{
	uint64_t version = config_version(c->config), now = now_ms();
	struct list keep, *node;
	struct call *call;

	list_init(&keep);
	while ((node = list_pop(&c->waiting)) != NULL) {
		call = container_of(node, struct call, node);
		if (all || call->version <= version ||
		    now - call->since_ms >= WAIT_MS_MAX)
			list_push(&c->resumed, node);
		else
			list_push(&keep, node);
	}
	while ((node = list_pop(&keep)) != NULL)
		list_push(&c->waiting, node);
	while ((node = list_pop(&c->resumed)) != NULL) {
		call = container_of(node, struct call, node);
		call->resume(call);
	}
	/* Once the program ends the timer has another use: linger(). */
	if (list_empty(&c->waiting) && !service_is_draining(c->run))
		uv_timer_stop(c->timer);
}

static void on_timer(uv_timer_t *timer)
{
	wake(timer->data, false);
}

void console_wait(struct console *c, struct call *call)
{
	list_push(&c->waiting, &call->node);
	if (!uv_is_active((uv_handle_t *)c->timer))
		must(uv_timer_start(c->timer, on_timer, WAIT_LOOK_MS,
				    WAIT_LOOK_MS) == 0);
	wake(c, false);
}

/* --- state ------------------------------------------------------------- */

static void check_health(struct console *c)
{
	bool up = c->redis && redis_is_up(c->redis);
	bool loaded = config_loaded(c->config);

	service_set_healthy(c->run, up && loaded,
			    up ? loaded ? "working" : "configuration not loaded"
			       : "Redis is out of reach");
}

static void on_redis(void *arg)
{
	struct console *c = arg;

	if (c->config)
		check_health(c);
	if (c->purge && c->redis && redis_is_up(c->redis))
		purge_wake(c->purge);
}

static void on_loaded(void *arg)
{
	struct console *c = arg;

	if (!c->config)
		return;
	check_health(c);
	wake(c, false);
}

static void on_change(void *arg, enum config_kind kind, struct slice id)
{
	(void)kind;
	(void)id;
	wake(arg, false);
}

static void on_mismatch(void *arg, const char *text)
{
	struct console *c = arg;

	log_error("partitions", "error=\"%s\"", text);
	service_fail(c->run, 1);
}

static bool is_healthy(void *arg)
{
	struct console *c = arg;

	return c->redis && redis_is_up(c->redis) && config_loaded(c->config);
}

static void figures(void *arg, struct buf *out)
{
	struct console *c = arg;

	buf_printf(out, "{\"requests\":%llu}",
		   (unsigned long long)*c->requests);
}

static void on_processes(void *arg)
{
	struct console *c = arg;

	if (c->tail)
		tail_refresh(c->tail);
	if (c->token_trials)
		token_trials_follow(c->token_trials);
}

/* --- start and stop ---------------------------------------------------- */

static void set_scripts(struct console *c)
{
	const struct redis_script scripts[N_SCRIPTS] = {
	    [SCRIPT_CONFIG_PUT] = {"config_put", script_config_put},
	    [SCRIPT_CONFIG_DROP] = {"config_drop", script_config_drop},
	    [SCRIPT_LIST_LANE] = {"list_lane", script_list_lane},
	    [SCRIPT_LIST_CHAIN] = {"list_chain", script_list_chain},
	    [SCRIPT_LIST_LOG] = {"list_log", script_list_log},
	    [SCRIPT_DELIVERY] = {"delivery", script_delivery},
	    [SCRIPT_RETRY] = {"retry", script_retry},
	    [SCRIPT_REPLAY] = {"replay", script_replay},
	    [SCRIPT_REPLAY_KEPT] = {"replay_kept", script_replay_kept},
	    [SCRIPT_CANCEL] = {"cancel", script_cancel},
	    [SCRIPT_PURGE] = {"purge", script_purge},
	    [SCRIPT_PURGE_NOTE] = {"purge_note", script_purge_note},
	    [SCRIPT_INBOX] = {"inbox", script_inbox},
	    [SCRIPT_STATS] = {"stats", script_stats},
	    [SCRIPT_SIZES] = {"sizes", script_sizes},
	    [SCRIPT_LIST_NAMES] = {"list_names", script_list_names},
	};

	memcpy(c->scripts, scripts, sizeof(scripts));
}

static bool open_store(struct console *c, uv_loop_t *loop, char *error,
		       size_t size)
{
	const struct redis_options redis = {
	    .access = &c->common->redis,
	    .scripts = c->scripts,
	    .n_scripts = N_SCRIPTS,
	    .on_up = on_redis,
	    .on_down = on_redis,
	    .arg = c,
	};
	const struct config_options config = {
	    .redis = &c->common->redis,
	    .partitions = (uint64_t)c->common->partitions,
	    .with_webhooks = true,
	    .with_filters = true,
	    .with_keys = true,
	    .with_credentials = true,
	    .on_change = on_change,
	    .on_loaded = on_loaded,
	    .on_mismatch = on_mismatch,
	    .arg = c,
	};
	const struct registry_options registry = {
	    .service = "console",
	    .instance = c->common->instance,
	    .redis = &c->common->redis,
	    .sender_endpoints = trials_endpoints(c->trials),
	    .curve_key = service_public_key(c->run),
	    .figures = figures,
	    .healthy = is_healthy,
	    .on_change = on_processes,
	    .arg = c,
	};

	set_scripts(c);
	c->redis = redis_open(loop, &redis, error, size);
	if (!c->redis)
		return false;
	c->config = config_open(loop, &config, error, size);
	if (!c->config)
		return false;
	c->registry = registry_open(loop, &registry, error, size);
	return c->registry != NULL;
}

static bool open_http(struct console *c, uv_loop_t *loop, char *error,
		      size_t size)
{
	const struct http_server_options options = {
	    .bind = c->http_bind,
	    .body_bytes_max = BODY_MAX,
	    .connections_max = (unsigned)c->connections_max,
	    .idle_timeout_s = 75,
	    .handler = on_request,
	    .arg = c,
	};

	if (http_server_open(&c->http, loop, &options, error, size) != ERR_OK)
		return false;
	log_info("listening", "what=http port=%u", http_server_port(c->http));
	return service_admin_listen(c->run, c->admin_bind, error, size);
}

bool console_start(struct service_run *run, void *state, char *error,
		   size_t error_size)
{
	struct console *c = state;
	uv_loop_t *loop = service_loop(run);
	struct metrics *m = service_metrics(run);
	struct slice bad;

	c->run = run;
	c->common = service_common(run);
	/* Looked at with the other settings. */
	must(target_rules_parse(&c->rules, c->common->allow_nets,
				c->common->dev, &bad) == ERR_OK);
	list_init(&c->waiting);
	list_init(&c->resumed);
	c->catalogue = catalogue_new();
	if (!c->common->master_key ||
	    seal_key_parse(slice_of(c->common->master_key), c->master_key) !=
		ERR_OK) {
		snprintf(error, error_size,
			 "POSTRIDER_MASTER_KEY: 64 hex digits are wanted, to "
			 "keep secrets encrypted");
		return false;
	}
	c->requests =
	    metrics_counter(m, "console_requests_total", NULL, "HTTP requests");
	c->unauthorized = metrics_counter(m, "console_unauthorized_total", NULL,
					  "requests without a valid key");
	c->timer = xcalloc(1, sizeof(*c->timer));
	must(uv_timer_init(loop, c->timer) == 0);
	c->timer->data = c;
	c->delays = delays_new(loop);
	c->token_trials = token_trials_new(c);
	c->trials = trials_new(c, error, error_size);
	if (!c->trials || !open_store(c, loop, error, error_size))
		return false;
	c->tail = tail_new(c);
	c->purge = purge_new(c, loop);
	service_set_healthy(run, false, "configuration not loaded");
	return open_http(c, loop, error, error_size);
}

static void on_linger(uv_timer_t *timer)
{
	struct console *c = timer->data;

	service_drained(c->run);
}

/* The last answer is still on its way to the socket. */
static void linger(struct console *c)
{
	must(uv_timer_start(c->timer, on_linger, LINGER_MS, 0) == 0);
}

void console_count(struct console *c, int more)
{
	c->calls += (size_t)more;
	if (c->calls == 0 && more < 0 && !c->stopping &&
	    service_is_draining(c->run))
		linger(c);
}

void console_drain(struct service_run *run, void *state)
{
	struct console *c = state;

	(void)run;
	tail_end_streams(c->tail);
	delays_end(c->delays);
	wake(c, true);
	if (c->calls == 0)
		linger(c);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void console_stop(struct service_run *run, void *state)
{
	struct console *c = state;

	(void)run;
	c->stopping = true;
	/* Whatever is under way is answered by its Redis reply's absence. */
	redis_close(&c->redis);
	if (c->config)
		wake(c, true);
	trials_free(&c->trials);
	token_trials_free(&c->token_trials);
	delays_free(&c->delays);
	http_server_close(&c->http);
	tail_free(&c->tail);
	purge_free(&c->purge);
	registry_close(&c->registry);
	config_close(&c->config);
	catalogue_free(&c->catalogue);
	if (c->timer)
		uv_close((uv_handle_t *)c->timer, on_closed);
	explicit_bzero(c->master_key, sizeof(c->master_key));
}
