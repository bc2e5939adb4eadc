/*
 * ingest - the wiring: what is opened, and who hears what.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define PUBLISH_HWM 1000
#define HTTP_IDLE_S 60
#define LINGER_MS 1000
#define LOOK_AGAIN_MS 50
/* ZeroMQ's own bound stands a little higher, so that a body just over the limit
 * is answered and only a far larger frame drops its peer. */
#define FRAME_SPARE (1024 * 1024)

/* ---- bodies ---- */

static bool check_projects(struct ingest *in, struct fault *fault)
{
	struct slice last = {"", 0};

	for (size_t i = 0; i < request_count(in->request); i++) {
		struct slice project = request_at(in->request, i).project;

		if (last.n > 0 && slice_eq(project, last))
			continue;
		if (!config_project(in->config, project)) {
			*fault = fault_of(FAULT_UNKNOWN_PROJECT,
					  "there is no such project");
			fault->index = (int64_t)i;
			snprintf(fault->field, sizeof(fault->field), "project");
			return false;
		}
		last = project;
	}
	return true;
}

/* Before anything is said of what there is: others' projects are none of his
 * business. */
static bool check_publisher(struct ingest *in,
			    const struct keyring_member *publisher,
			    struct fault *fault)
{
	struct slice last = {"", 0};

	for (size_t i = 0; publisher && i < request_count(in->request); i++) {
		struct slice project = request_at(in->request, i).project;

		if (last.n > 0 && slice_eq(project, last))
			continue;
		if (!keyring_may(publisher, project)) {
			*fault = fault_of(FAULT_UNAUTHORIZED,
					  "this key may not publish for the "
					  "project");
			fault->index = (int64_t)i;
			snprintf(fault->field, sizeof(fault->field), "project");
			return false;
		}
		last = project;
	}
	return true;
}

static struct webhook *webhook_of(const struct ingest *in, struct slice project,
				  struct slice id_or_name)
{
	struct webhook *w;
	struct ulid id;

	if (ulid_parse(id_or_name, "wh", &id) == ERR_OK)
		w = config_webhook(in->config, &id);
	else
		w = config_webhook_named(in->config, project, id_or_name);
	if (!w || !w->is_journey || !slice_eq_str(project, w->project))
		return NULL;
	return w;
}

/* It may be one that has just been made. Whoever calls what is not there, again
 * and again, does not make us ask as often. */
static void look_for_changes(struct ingest *in)
{
	uint64_t now = now_ms();

	if (now < in->look_ms)
		return;
	in->look_ms = now + LOOK_AGAIN_MS;
	config_refresh(in->config);
}

static bool resolve_call(struct ingest *in, size_t i, struct fault *fault)
{
	struct slice project = request_at(in->request, i).project;
	struct request_call c = request_call_at(in->request, i);
	struct webhook *w = webhook_of(in, project, c.webhook);

	if (w) {
		request_resolve(in->request, i, &w->id);
		return true;
	}
	look_for_changes(in);
	*fault = fault_of(FAULT_INVALID_EVENT, "no such journey webhook");
	fault->index = (int64_t)i;
	snprintf(fault->field, sizeof(fault->field), "webhook");
	return false;
}

static bool resolve_calls(struct ingest *in, struct fault *fault)
{
	if (request_calls(in->request) == 0)
		return true;
	for (size_t i = 0; i < request_count(in->request); i++) {
		if (request_at(in->request, i).op == OP_CALL &&
		    !resolve_call(in, i, fault))
			return false;
	}
	return true;
}

bool ingest_read(struct ingest *in, const struct arrival *a,
		 struct fault *fault)
{
	bool draining = service_is_draining(in->run);

	if (draining || !config_loaded(in->config)) {
		*fault =
		    fault_of(FAULT_BUSY, draining ? "stopping" : "starting");
		fault->retry_after_ms = 1000;
		return false;
	}
	return request_parse(in->request, a->encoding, a->body, a->project,
			     fault) &&
	       check_publisher(in, a->publisher, fault) &&
	       check_projects(in, fault) && resolve_calls(in, fault);
}

bool ingest_publish(struct ingest *in, struct publication *p,
		    struct fault *fault)
{
	if (!append_publish(in->append, in->request, p, fault))
		return false;
	sightings_add(in->sightings, in->request);
	return true;
}

void ingest_count_refusal(struct ingest *in, const struct fault *fault)
{
	++*in->refused[fault->code];
}

/* ---- what happens ---- */

static void update_health(struct ingest *in)
{
	bool up = append_is_up(in->append);
	bool loaded = config_loaded(in->config);

	service_set_healthy(in->run, up && loaded,
			    !up ? append_why_down(in->append)
				: "configuration not loaded");
}

static void check_drained(struct ingest *in)
{
	if (service_is_draining(in->run) && append_is_idle(in->append))
		service_drained(in->run);
}

static void on_append_change(void *arg)
{
	struct ingest *in = arg;

	/* The first call may come before everything is open. */
	if (!in->append || !in->config)
		return;
	update_health(in);
	publish_pace(in);
	check_drained(in);
}

static void on_appended(void *arg, uint64_t partition, uint64_t seq,
			char *frame, size_t n)
{
	struct ingest *in = arg;

	hints_send(in->hints, in->registry, partition, seq, frame, n);
}

static void on_config_loaded(void *arg)
{
	on_append_change(arg);
}

static void on_config_mismatch(void *arg, const char *text)
{
	struct ingest *in = arg;

	log_error("partitions_differ", "text=\"%s\"", text);
	service_fail(in->run, 2);
}

static void on_registry_change(void *arg)
{
	struct ingest *in = arg;

	hints_follow(in->hints, in->registry);
	results_follow(in->results, in->registry);
}

static bool is_healthy(void *arg)
{
	struct ingest *in = arg;

	return append_is_up(in->append) && config_loaded(in->config);
}

static void write_figures(void *arg, struct buf *out)
{
	struct ingest *in = arg;

	buf_printf(out, "{\"accepted\":%" PRIu64 ",\"waitingBytes\":%zu}",
		   append_accepted(in->append),
		   append_waiting_bytes(in->append));
}

/* ---- start ---- */

static void register_metrics(struct ingest *in)
{
	static const char *const labels[] = {
#define C(text, name, status) "code=\"" #text "\"",
	    FAULT_CODES(C)
#undef C
	};
	struct metrics *m = service_metrics(in->run);

	for (int i = 0; i < FAULT_CODES_N; i++)
		in->refused[i] = metrics_counter(m, "ingest_refused_total",
						 labels[i], "refused bodies");
	in->replies_dropped =
	    metrics_counter(m, "ingest_replies_dropped_total", NULL,
			    "answers that the publisher did not take");
}

static bool open_append(struct ingest *in, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(in->run);
	const struct append_options options = {
	    .redis = &common->redis,
	    .instance = common->instance,
	    .partitions = (uint64_t)common->partitions,
	    .batch_events_max = (size_t)in->conf.batch_events_max,
	    .batch_bytes_max = (size_t)in->conf.batch_bytes_max,
	    .waiting_bytes_max = (size_t)in->conf.waiting_bytes_max,
	    .min_replicas = (uint64_t)common->min_replicas,
	    .idempotency_ms = (uint64_t)in->conf.idempotency_s * 1000,
	    .metrics = service_metrics(in->run),
	    .on_appended = on_appended,
	    .on_change = on_append_change,
	    .arg = in,
	};

	in->append =
	    append_open(service_loop(in->run), &options, error, error_size);
	return in->append != NULL;
}

static bool open_config(struct ingest *in, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(in->run);
	const struct config_options options = {
	    .redis = &common->redis,
	    .partitions = (uint64_t)common->partitions,
	    .with_keys = true,
	    .with_webhooks = true,
	    .with_names = true,
	    .on_loaded = on_config_loaded,
	    .on_mismatch = on_config_mismatch,
	    .arg = in,
	};

	in->config =
	    config_open(service_loop(in->run), &options, error, error_size);
	return in->config != NULL;
}

static bool open_sightings(struct ingest *in, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(in->run);
	const struct sightings_options options = {
	    .redis = &common->redis,
	    .partitions = (uint64_t)common->partitions,
	    .sample_bytes_max = (size_t)in->conf.sample_bytes_max,
	    .config = in->config,
	    .metrics = service_metrics(in->run),
	};

	in->sightings =
	    sightings_open(service_loop(in->run), &options, error, error_size);
	return in->sightings != NULL;
}

static bool open_results(struct ingest *in, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(in->run);
	const struct results_options options = {
	    .redis = &common->redis,
	    .partitions = (uint64_t)common->partitions,
	    .waiters_max = (size_t)in->conf.replies_max,
	    .context = in->context,
	    .metrics = service_metrics(in->run),
	    .send = publish_result,
	    .arg = in,
	};

	in->results =
	    results_open(service_loop(in->run), &options, error, error_size);
	return in->results != NULL;
}

static bool open_registry(struct ingest *in, char *error, size_t error_size)
{
	const struct common_conf *common = service_common(in->run);
	const struct registry_options options = {
	    .service = "ingest",
	    .instance = common->instance,
	    .redis = &common->redis,
	    .figures = write_figures,
	    .healthy = is_healthy,
	    .on_change = on_registry_change,
	    .arg = in,
	};

	in->registry =
	    registry_open(service_loop(in->run), &options, error, error_size);
	return in->registry != NULL;
}

static bool open_socket(struct ingest *in, struct pipe **pipe,
			enum pipe_kind kind, pipe_message_fn *on_message,
			const char *bind, char *error, size_t error_size)
{
	const struct pipe_options options = {
	    .kind = kind,
	    .hwm = PUBLISH_HWM,
	    .message_bytes_max = in->conf.frame_bytes_max + FRAME_SPARE,
	    .ring = in->publishers,
	    .strangers = true, /* they are told so */
	    .on_message = on_message,
	    .arg = in,
	};

	if (!bind || !bind[0])
		return true;
	*pipe = pipe_open(in->context, service_loop(in->run), &options);
	if (pipe_bind(*pipe, bind, error, error_size) != ERR_OK)
		return false;
	log_info("listening", "endpoint=%s", pipe_bound(*pipe));
	return true;
}

static bool open_http(struct ingest *in, char *error, size_t error_size)
{
	const struct http_server_options options = {
	    .bind = in->conf.http_bind,
	    .body_bytes_max = (size_t)in->conf.frame_bytes_max,
	    .connections_max = (unsigned)in->conf.http_connections_max,
	    .idle_timeout_s = HTTP_IDLE_S,
	    .handler = http_on_request,
	    .arg = in,
	};

	if (!options.bind || !options.bind[0])
		return true;
	if (http_server_open(&in->http, service_loop(in->run), &options, error,
			     error_size) != ERR_OK)
		return false;
	log_info("listening", "http_port=%u", http_server_port(in->http));
	return true;
}

static bool open_sockets(struct ingest *in, char *error, size_t error_size)
{
	const struct keyring_options publishers = {
	    .directories = {in->conf.curve_publishers},
	    .roles = {"publisher"},
	    .projects_needed = true};

	in->publishers =
	    service_ring(in->run, "ingest_curve_publishers", &publishers);
	if (!open_socket(in, &in->publish, PIPE_ROUTER, publish_on_message,
			 in->conf.publish_bind, error, error_size) ||
	    !open_socket(in, &in->pull, PIPE_PULL, publish_on_pull,
			 in->conf.pull_bind, error, error_size))
		return false;
	/* Nothing is read before it can be kept. */
	publish_pace(in);
	return true;
}

bool ingest_start(struct service_run *run, void *state, char *error,
		  size_t error_size)
{
	struct ingest *in = state;
	const struct request_limits limits = {
	    .frame_bytes_max = (size_t)in->conf.frame_bytes_max,
	    .message_bytes_max = (size_t)in->conf.message_bytes_max,
	    .event_name_bytes_max = (size_t)in->conf.event_name_bytes_max,
	    .events_max = (size_t)in->conf.messages_max,
	};

	in->run = run;
	in->request = request_new(&limits);
	in->context = pipe_context_new(service_curve(run));
	in->hints =
	    hints_new(in->context, service_loop(run), service_metrics(run));
	register_metrics(in);
	return open_append(in, error, error_size) &&
	       open_config(in, error, error_size) &&
	       open_sightings(in, error, error_size) &&
	       open_results(in, error, error_size) &&
	       open_registry(in, error, error_size) &&
	       open_sockets(in, error, error_size) &&
	       open_http(in, error, error_size) &&
	       service_admin_listen(run, in->conf.admin_bind, error,
				    error_size);
}

/* ---- the end ---- */

void ingest_drain(struct service_run *run, void *state)
{
	struct ingest *in = state;

	(void)run;
	if (in->publish)
		pipe_read_stop(in->publish);
	if (in->pull && !in->pull_stopped)
		pipe_read_stop(in->pull);
	in->pull_stopped = true;
	check_drained(in);
}

void ingest_stop(struct service_run *run, void *state)
{
	struct ingest *in = state;

	(void)run;
	/* First, since it answers whoever is still waiting. */
	append_close(&in->append);
	results_close(&in->results);
	if (in->http)
		http_server_close(&in->http);
	if (in->pull)
		pipe_close(&in->pull, 0);
	if (in->publish)
		pipe_close(&in->publish, LINGER_MS);
	if (in->registry)
		registry_close(&in->registry);
	sightings_close(&in->sightings);
	if (in->config)
		config_close(&in->config);
	hints_free(&in->hints);
	if (in->context)
		pipe_context_free(&in->context);
	request_free(&in->request);
}
