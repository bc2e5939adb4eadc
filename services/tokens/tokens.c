/*
 * tokens - the wiring and the handlers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "curl/outgoing.h"
#include "desk.h"
#include "fetch.h"
#include "gauges.h"
#include "io/pipe.h"
#include "io/turns.h"
#include "ledger.h"
#include "store/config.h"
#include "store/registry.h"

#define TICK_MS 200
#define HWM 65536
#define ASKS_A_FRAME_MAX 4096
#define ASK_FRAME_BYTES_MAX (1024 * 1024)

struct tokens_state {
	struct service_run *run;	/* borrowed */
	const struct tokens_conf *conf; /* borrowed */
	struct outgoing outgoing;
	char who[INSTANCE_BYTES_MAX + 32]; /* for locks: differs each time */
	char endpoints[ENDPOINT_BYTES_MAX + 1];
	struct pipe_context *pipes; /* owned, as all below */
	struct pipe *pipe;
	struct config *config;
	struct registry *registry;
	struct ledger *ledger;
	struct fetches *fetches;
	struct desk *desk;
	struct gauges gauges;
	struct turns *turns;
	bool draining, drained, grants_loaded;
};

/* ---- asks and answers ---- */

static void malformed(struct tokens_state *s, const char *what)
{
	++*s->gauges.malformed;
	log_warn("malformed", "from=asker what=%s", what);
}

static void on_message(void *arg, struct pipe *pipe, const struct slice *frames,
		       size_t n)
{
	struct tokens_state *s = arg;
	struct slice in = frames[n - 1];
	struct msg_token_ask m;
	struct msg_head head;

	(void)pipe;
	if (n < 2 || msg_decode_head(&in, &head, ASKS_A_FRAME_MAX) != ERR_OK ||
	    head.type != MSG_token_ask) {
		malformed(s, "head");
		return;
	}
	while (head.count-- > 0) {
		if (msg_decode_token_ask(&in, &m) != ERR_OK) {
			malformed(s, "ask");
			return;
		}
		desk_ask(s->desk, frames[0], &m);
	}
}

/* Who has gone, or does not read, asks again. */
static void on_send(void *arg, struct slice identity, struct slice frame)
{
	struct tokens_state *s = arg;
	const struct slice frames[] = {identity, frame};

	if (pipe_send(s->pipe, frames, 2) != ERR_OK)
		log_debug("answer_lost", "bytes=%zu", frame.n);
}

/* ---- what others have to tell ---- */

static void check_ready(struct tokens_state *s)
{
	if (!s->grants_loaded || !config_loaded(s->config))
		return;
	desk_sweep(s->desk);
	service_set_healthy(s->run, true, "");
}

static void on_grants_loaded(void *arg)
{
	struct tokens_state *s = arg;

	s->grants_loaded = true;
	check_ready(s);
}

static void on_config_change(void *arg, enum config_kind kind, struct slice id)
{
	struct tokens_state *s = arg;

	if (kind == CONFIG_CREDENTIAL)
		desk_look(s->desk, id);
}

static void on_config_loaded(void *arg)
{
	check_ready(arg);
}

static void on_config_mismatch(void *arg, const char *text)
{
	struct tokens_state *s = arg;

	log_error("partitions_mismatch", "text=\"%s\"", text);
	service_fail(s->run, 1);
}

static bool is_healthy(void *arg)
{
	const struct tokens_state *s = arg;

	return s->grants_loaded && config_loaded(s->config);
}

static void write_figures(void *arg, struct buf *out)
{
	const struct tokens_state *s = arg;

	buf_printf(out,
		   "{\"grants\":%zu,\"running\":%zu,\"asks\":%llu,"
		   "\"hits\":%llu,\"fetched\":%llu,\"failed\":%llu}",
		   desk_held(s->desk), fetches_running(s->fetches),
		   (unsigned long long)*s->gauges.asks,
		   (unsigned long long)*s->gauges.hits,
		   (unsigned long long)*s->gauges.fetched,
		   (unsigned long long)*s->gauges.failed);
}

/* ---- the loop ---- */

static void on_turn(void *arg)
{
	struct tokens_state *s = arg;

	do {
		fetches_turn(s->fetches);
	} while (fetches_due(s->fetches));
	if (s->draining && !s->drained && desk_is_idle(s->desk)) {
		s->drained = true;
		service_drained(s->run);
	}
}

static void on_tick(void *arg)
{
	struct tokens_state *s = arg;

	desk_tick(s->desk);
	fetches_trim(s->fetches);
}

static void start_turns(struct tokens_state *s)
{
	const struct turns_options options = {
	    .on_turn = on_turn,
	    .on_tick = on_tick,
	    .tick_ms = TICK_MS,
	    .arg = s,
	};

	s->turns = turns_start(service_loop(s->run), &options);
}

/* ---- starting ---- */

static bool read_settings(struct tokens_state *s, char *error,
			  size_t error_size)
{
	const struct common_conf *common = service_common(s->run);

	s->outgoing.common = common;
	s->outgoing.program = "postrider-tokens";
	s->outgoing.ca_setting = "POSTRIDER_TOKENS_CA_FILE";
	s->outgoing.ca_file = s->conf->ca_file;
	if (!outgoing_read(&s->outgoing, error, error_size))
		return false;
	if (!s->outgoing.master_key) {
		(void)snprintf(error, error_size,
			       "POSTRIDER_MASTER_KEY: it is needed: client "
			       "secrets and tokens are encrypted with it");
		return false;
	}
	(void)snprintf(s->who, sizeof(s->who), "%s %llx", common->instance,
		       (unsigned long long)wall_us());
	return true;
}

static void open_desk(struct tokens_state *s)
{
	const struct desk_options options = {
	    .gauges = &s->gauges,
	    .master_key = s->outgoing.master_key,
	    .instance = service_common(s->run)->instance,
	    .running_max = (size_t)s->conf->max_in_flight,
	    .default_lifetime_s = (uint64_t)s->conf->default_lifetime_s,
	    .idle_ms = (uint64_t)s->conf->idle_s * 1000,
	    .send = on_send,
	    .on_loaded = on_grants_loaded,
	    .arg = s,
	};

	s->desk = desk_new(&options);
}

static bool open_fetches(struct tokens_state *s, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(s->run);
	const struct fetches_options options = {
	    .loop = service_loop(s->run),
	    .rules = &s->outgoing.rules,
	    .sources = &s->outgoing.sources,
	    .proxy = common->egress_proxy,
	    .ca_file = s->outgoing.trust ? trust_path(s->outgoing.trust) : NULL,
	    .dev = common->dev,
	    .timeout_ms = (uint32_t)s->conf->timeout_ms,
	    .on_done = desk_on_fetched,
	    .arg = s->desk,
	};

	s->fetches = fetches_new(&options, error, error_size);
	return s->fetches != NULL;
}

static bool open_pipe(struct tokens_state *s, char *error, size_t error_size)
{
	const struct pipe_options options = {
	    .kind = PIPE_ROUTER,
	    .hwm = HWM,
	    .message_bytes_max = ASK_FRAME_BYTES_MAX,
	    .ring = service_peers(s->run),
	    .on_message = on_message,
	    .arg = s,
	};

	s->pipes = pipe_context_new(service_curve(s->run));
	s->pipe = pipe_open(s->pipes, service_loop(s->run), &options);
	if (pipe_bind(s->pipe, s->conf->bind, error, error_size) != ERR_OK)
		return false;
	(void)slice_cstr(s->endpoints, sizeof(s->endpoints),
			 slice_of(pipe_bound(s->pipe)));
	log_info("listening", "endpoint=%s", s->endpoints);
	return true;
}

static bool open_store(struct tokens_state *s, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(s->run);
	const struct config_options config = {
	    .redis = &common->redis,
	    .partitions = (uint64_t)common->partitions,
	    .with_credentials = true,
	    .with_grants = true,
	    .master_key = s->outgoing.master_key,
	    .on_change = on_config_change,
	    .on_loaded = on_config_loaded,
	    .on_mismatch = on_config_mismatch,
	    .arg = s,
	};
	const struct ledger_options ledger = {
	    .redis = &common->redis,
	    .who = s->who,
	    .on_grant = desk_on_grant,
	    .on_loading = desk_on_loading,
	    .on_loaded = desk_on_loaded,
	    .on_claimed = desk_on_claimed,
	    .on_stored = desk_on_stored,
	    .arg = s->desk,
	};
	const struct registry_options registry = {
	    .service = "tokens",
	    .instance = common->instance,
	    .redis = &common->redis,
	    .token_endpoints = s->endpoints,
	    .curve_key = service_public_key(s->run),
	    .figures = write_figures,
	    .healthy = is_healthy,
	    .arg = s,
	};
	uv_loop_t *loop = service_loop(s->run);

	s->config = config_open(loop, &config, error, error_size);
	if (s->config)
		s->ledger = ledger_open(loop, &ledger, error, error_size);
	if (s->ledger)
		s->registry = registry_open(loop, &registry, error, error_size);
	return s->registry != NULL;
}

bool tokens_start(struct service_run *run, void *arg, char *error,
		  size_t error_size)
{
	struct tokens *tokens = arg;
	struct tokens_state *s = xcalloc(1, sizeof(*s));
	struct desk_tools tools;

	tokens->state = s;
	s->run = run;
	s->conf = &tokens->conf;
	gauges_init(&s->gauges, service_metrics(run));
	service_set_healthy(run, false, "configuration not loaded");
	if (!read_settings(s, error, error_size))
		return false;
	open_desk(s);
	if (!open_fetches(s, error, error_size) ||
	    !open_pipe(s, error, error_size) ||
	    !open_store(s, error, error_size) ||
	    !service_admin_listen(run, s->conf->admin_bind, error, error_size))
		return false;
	tools =
	    (struct desk_tools){s->config, s->registry, s->ledger, s->fetches};
	desk_equip(s->desk, &tools);
	start_turns(s);
	return true;
}

/* ---- stopping ---- */

void tokens_drain(struct service_run *run, void *arg)
{
	struct tokens_state *s = ((struct tokens *)arg)->state;

	(void)run;
	s->draining = true;
	desk_drain(s->desk);
}

void tokens_stop(struct service_run *run, void *arg)
{
	struct tokens *tokens = arg;
	struct tokens_state *s = tokens->state;

	(void)run;
	if (!s)
		return;
	turns_stop(&s->turns);
	if (s->registry)
		registry_close(&s->registry);
	fetches_free(&s->fetches);
	desk_drain(s->desk);
	ledger_close(&s->ledger);
	desk_free(&s->desk);
	if (s->pipe)
		pipe_close(&s->pipe, 0);
	pipe_context_free(&s->pipes);
	if (s->config)
		config_close(&s->config);
	outgoing_fini(&s->outgoing);
	free(s);
	tokens->state = NULL;
}
