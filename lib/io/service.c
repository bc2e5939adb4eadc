/*
 * service - what every program of the system does the same way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns the settings, the loop, the signals, the admin port and the exit code.
 * Knows nothing of what a program does.
 */
#include "io/service.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/no_dump.h"
#include "io/http_server.h"
#include "io/notify.h"
#include "io/service_conf.h"

#define EXIT_FAULT 1
#define EXIT_USAGE 2
#define FILES_MAX 65536
#define ERROR_SIZE 512
#define CLOSE_MS 3000
#define TIDY_MS 30000
#define FREE_BYTES_MAX (32u << 20)
#define METRICS_BYTES_MAX (4 * 1024 * 1024)

#define MODES(M)                   \
	M(HELP, "--help")          \
	M(VERSION, "--version")    \
	M(CHECK, "--check-config") \
	M(SHOW, "--show-config")

enum mode {
	MODE_RUN,
#define M(name, flag) MODE_##name,
	MODES(M)
#undef M
};

struct service_run {
	const struct service *service; /* borrowed */
	struct common_conf common;
	struct conf conf;
	uv_loop_t loop;
	uv_signal_t signals[2];
	uv_timer_t deadline; /* of the drain, later of the closing of handles */
	uv_timer_t tidy;
	uv_timer_t beat; /* tells the supervisor that the loop turns */
	struct notify notify;
	struct metrics *metrics;
	struct curve *curve;	     /* owned; NULL: none */
	const struct keyring *peers; /* owned by curve */
	int64_t *healthy_gauge;	     /* owned by metrics */
	struct http_server *admin;
	const char *reason; /* why it is not healthy; static */
	bool healthy;
	bool draining;
	bool stopping;
	int exit_code;
};

/* Arguments and settings. */

static enum mode mode_of(const char *arg)
{
#define M(name, flag)               \
	if (strcmp(arg, flag) == 0) \
		return MODE_##name;
	MODES(M)
#undef M
	return MODE_RUN;
}

/* Takes the flags of ours out of argv. */
static enum mode take_mode(int *argc, char **argv)
{
	enum mode mode = MODE_RUN;
	int n = 1;

	for (int i = 1; i < *argc; i++) {
		enum mode found = mode_of(argv[i]);

		if (found == MODE_RUN)
			argv[n++] = argv[i];
		else if (mode == MODE_RUN || found < mode)
			mode = found;
	}
	argv[n] = NULL;
	*argc = n;
	return mode;
}

/* The process. */

static void raise_file_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	if (files.rlim_max == RLIM_INFINITY || files.rlim_max > FILES_MAX)
		files.rlim_max = FILES_MAX;
	if (files.rlim_cur >= files.rlim_max)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* Few threads allocate, and little: more arenas or resolver threads would only
 * cost memory. Large frames go back to the kernel at once. */
static void keep_memory_small(void)
{
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 4 << 20);
	setenv("UV_THREADPOOL_SIZE", "2", 0);
}

/* What thousands of clients or a long queue have left behind is scattered, and
 * the allocator by itself returns only what lies at the end. */
static void on_tidy(uv_timer_t *timer)
{
	(void)timer;
	if (mallinfo2().fordblks > FREE_BYTES_MAX)
		malloc_trim(0);
}

static void setup_process(const struct service_run *run)
{
	enum log_level level = LOG_INFO;

	service_conf_level(&run->common, &level);
	log_setup(run->service->name, level);
	forbid_dumps();
	raise_file_limit();
	signal(SIGPIPE, SIG_IGN);
}

/* The admin port. */

static void serve_health(struct service_run *run, struct http_request *req)
{
	if (run->healthy)
		http_reply(req, 200, "text/plain; charset=utf-8",
			   SLICE_LIT("ok\n"), NULL);
	else
		http_problem(req, 503, "unhealthy", NULL, run->reason, NULL);
}

/* Says only that the loop turns: a program that waits for Redis is not healthy,
 * but to kill it would help nobody. */
static void serve_life(struct http_request *req)
{
	http_reply(req, 200, "text/plain; charset=utf-8", SLICE_LIT("ok\n"),
		   NULL);
}

static void serve_metrics(struct service_run *run, struct http_request *req)
{
	struct buf out;

	buf_init(&out, METRICS_BYTES_MAX);
	metrics_render(run->metrics, &out);
	http_reply(req, 200, "text/plain; version=0.0.4; charset=utf-8",
		   buf_slice(&out), NULL);
	buf_fini(&out);
}

static void on_admin_request(void *arg, struct http_request *req)
{
	static const char *const allow[] = {"Allow", "GET, HEAD", NULL};
	struct service_run *run = arg;
	const char *method = http_method(req);

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		http_problem(req, 405, "method_not_allowed", NULL,
			     "only GET and HEAD are served here", allow);
	else if (strcmp(http_path(req), "/healthz") == 0)
		serve_health(run, req);
	else if (strcmp(http_path(req), "/livez") == 0)
		serve_life(req);
	else if (strcmp(http_path(req), "/metrics") == 0)
		serve_metrics(run, req);
	else
		http_problem(req, 404, "not_found", NULL,
			     "/healthz, /livez and /metrics are served here",
			     NULL);
}

bool service_admin_listen(struct service_run *run, const char *bind,
			  char *error, size_t error_size)
{
	const struct http_server_options options = {
	    .bind = bind,
	    .body_bytes_max = 1024,
	    .connections_max = 64,
	    .idle_timeout_s = 30,
	    .handler = on_admin_request,
	    .arg = run,
	};

	if (!bind || !bind[0])
		return true;
	if (http_server_open(&run->admin, &run->loop, &options, error,
			     error_size) != ERR_OK)
		return false;
	log_info("listening", "role=admin bind=%s port=%u", bind,
		 http_server_port(run->admin));
	return true;
}

/* The running program. */

uv_loop_t *service_loop(struct service_run *run)
{
	return &run->loop;
}

const struct common_conf *service_common(struct service_run *run)
{
	return &run->common;
}

struct metrics *service_metrics(struct service_run *run)
{
	return run->metrics;
}

struct curve *service_curve(struct service_run *run)
{
	return run->curve;
}

const struct keyring *service_peers(struct service_run *run)
{
	return run->peers;
}

const char *service_public_key(struct service_run *run)
{
	return run->peers ? curve_own(run->curve)->public_key : NULL;
}

const struct keyring *service_ring(struct service_run *run, const char *name,
				   const struct keyring_options *options)
{
	char error[ERROR_SIZE], variable[SERVICE_VARIABLE_SIZE];
	const char *directory = options->directories[0];
	const struct keyring *ring;

	if (!directory || !directory[0])
		return NULL;
	ring = curve_ring(run->curve, options, error, sizeof(error));
	if (!ring)
		fatal(EXIT_USAGE, "postrider-%s: %s: %s", run->service->name,
		      service_conf_variable(variable, name), error);
	return ring;
}

bool service_is_draining(struct service_run *run)
{
	return run->draining;
}

static void tell_supervisor(struct service_run *run)
{
	run->notify.stopping = run->draining;
	notify_state(&run->notify, run->healthy ? "healthy" : run->reason);
}

static void on_beat(uv_timer_t *timer)
{
	tell_supervisor(timer->data);
}

void service_set_healthy(struct service_run *run, bool healthy,
			 const char *reason)
{
	bool changed;

	if (run->draining) {
		healthy = false;
		reason = "draining";
	}
	reason = healthy ? "" : reason ? reason : "not ready";
	changed = healthy != run->healthy || strcmp(reason, run->reason) != 0;
	run->healthy = healthy;
	run->reason = reason;
	*run->healthy_gauge = healthy;
	if (!changed)
		return;
	log_info("health", "healthy=%d reason=\"%s\"", healthy, reason);
	tell_supervisor(run);
}

static void stop_loop(struct service_run *run, int exit_code)
{
	if (run->stopping)
		return;
	run->stopping = true;
	run->exit_code = exit_code;
	uv_stop(&run->loop);
}

void service_drained(struct service_run *run)
{
	stop_loop(run, 0);
}

void service_fail(struct service_run *run, int exit_code)
{
	stop_loop(run, exit_code);
}

static void on_deadline(uv_timer_t *timer)
{
	struct service_run *run = timer->data;

	log_warn("drain_deadline", "drain_ms=%lld",
		 (long long)run->common.drain_ms);
	stop_loop(run, 0);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct service_run *run = handle->data;

	log_info("signal", "name=%s again=%d",
		 number == SIGTERM ? "SIGTERM" : "SIGINT", run->draining);
	if (run->draining) {
		stop_loop(run, EXIT_FAULT);
		return;
	}
	run->draining = true;
	service_set_healthy(run, false, NULL);
	if (!run->service->drain) {
		stop_loop(run, 0);
		return;
	}
	uv_timer_start(&run->deadline, on_deadline,
		       (uint64_t)run->common.drain_ms, 0);
	run->service->drain(run, run->service->state);
}

static void open_run(struct service_run *run)
{
	static const int numbers[] = {SIGTERM, SIGINT};

	must(uv_loop_init(&run->loop) == 0);
	must(uv_timer_init(&run->loop, &run->deadline) == 0);
	run->deadline.data = run;
	must(uv_timer_init(&run->loop, &run->tidy) == 0);
	uv_timer_start(&run->tidy, on_tidy, TIDY_MS, TIDY_MS);
	must(uv_timer_init(&run->loop, &run->beat) == 0);
	run->beat.data = run;
	for (size_t i = 0; i < 2; i++) {
		must(uv_signal_init(&run->loop, &run->signals[i]) == 0);
		run->signals[i].data = run;
		must(uv_signal_start(&run->signals[i], on_signal, numbers[i]) ==
		     0);
	}
	run->metrics = metrics_new();
	run->reason = "starting";
	run->healthy_gauge =
	    metrics_gauge(run->metrics, "healthy", NULL,
			  "1 while the process does its work.");
	*metrics_gauge(run->metrics, "build_info",
		       "version=\"" POSTRIDER_VERSION_TEXT "\"",
		       "The version that runs.") = 1;
}

static void open_curve(struct service_run *run)
{
	const struct common_conf *c = &run->common;
	const struct keyring_options services = {
	    .directories = {c->curve_services}, .roles = {"service"}};

	if (!c->curve_key)
		return;
	run->curve =
	    curve_open(&run->loop, c->curve_key, c->plaintext_ok, run->metrics);
	run->peers = service_ring(run, "curve_services", &services);
	log_info("curve", "public_key=\"%s\"",
		 curve_own(run->curve)->public_key);
}

static void on_close_late(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static void on_walk(uv_handle_t *handle, void *arg)
{
	const struct service_run *run = arg;

	if (handle != (const uv_handle_t *)&run->deadline &&
	    !uv_is_closing(handle))
		log_error("handle_left", "type=%s",
			  uv_handle_type_name(handle->type));
}

/* Lets closing handles finish, but not for ever. */
static void close_run(struct service_run *run)
{
	http_server_close(&run->admin);
	curve_close(&run->curve);
	for (size_t i = 0; i < 2; i++)
		uv_close((uv_handle_t *)&run->signals[i], NULL);
	uv_close((uv_handle_t *)&run->tidy, NULL);
	uv_close((uv_handle_t *)&run->beat, NULL);
	uv_timer_start(&run->deadline, on_close_late, CLOSE_MS, 0);
	uv_unref((uv_handle_t *)&run->deadline);
	uv_run(&run->loop, UV_RUN_DEFAULT);
	uv_walk(&run->loop, on_walk, run);
	uv_close((uv_handle_t *)&run->deadline, NULL);
	uv_run(&run->loop, UV_RUN_NOWAIT);
	if (uv_loop_close(&run->loop) != 0)
		log_error("loop_busy", "%s", "handles=open");
	metrics_free(&run->metrics);
	notify_close(&run->notify);
}

/* Ready once everything is open, healthy or not: the programs start in any
 * order, and wait for Redis themselves. */
static void announce_start(struct service_run *run)
{
	run->notify.ready = true;
	tell_supervisor(run);
	if (run->notify.beat_ms > 0)
		uv_timer_start(&run->beat, on_beat, run->notify.beat_ms,
			       run->notify.beat_ms);
}

static int run_service(struct service_run *run)
{
	const struct service *s = run->service;
	char error[ERROR_SIZE] = "unknown fault";

	setup_process(run);
	notify_open(&run->notify);
	open_run(run);
	open_curve(run);
	log_info("start", "version=%s instance=%s pid=%d",
		 POSTRIDER_VERSION_TEXT, run->common.instance, (int)getpid());
	/* How far it came only start knows, so there is nothing to undo: the
	 * kernel closes what was opened. */
	if (!s->start(run, s->state, error, sizeof(error)))
		fatal(EXIT_FAULT, "postrider-%s: %s", s->name, error);
	announce_start(run);
	if (!run->stopping)
		uv_run(&run->loop, UV_RUN_DEFAULT);
	if (s->stop)
		s->stop(run, s->state);
	close_run(run);
	log_info("stop", "exit=%d", run->exit_code);
	return run->exit_code;
}

static void print_help(const struct service_run *run)
{
	printf("postrider-%s - %s\n\n"
	       "usage: postrider-%s [--setting value]...\n"
	       "       postrider-%s --help | --version | --check-config | "
	       "--show-config\n\n",
	       run->service->name, run->service->what, run->service->name,
	       run->service->name);
	conf_help(&run->conf, stdout);
}

static bool load_conf(struct service_run *run, int argc, char **argv)
{
	char error[ERROR_SIZE] = "";

	if (conf_load(&run->conf, argc, argv, environ, error, sizeof(error)) &&
	    service_conf_check(&run->common, error, sizeof(error)) &&
	    service_conf_check_binds(&run->common, run->service, error,
				     sizeof(error)))
		return true;
	fprintf(stderr, "postrider-%s: %s\n", run->service->name, error);
	return false;
}

static int dispatch(struct service_run *run, int argc, char **argv)
{
	enum mode mode = take_mode(&argc, argv);

	if (mode == MODE_HELP) {
		print_help(run);
		return 0;
	}
	if (mode == MODE_VERSION) {
		printf("postrider-%s %s\n", run->service->name,
		       POSTRIDER_VERSION_TEXT);
		return 0;
	}
	if (!load_conf(run, argc, argv))
		return EXIT_USAGE;
	service_conf_complete(&run->common);
	if (mode == MODE_SHOW)
		conf_show(&run->conf, stdout);
	return mode == MODE_RUN ? run_service(run) : 0;
}

int service_main(const struct service *service, int argc, char **argv)
{
	struct service_conf_foreign foreign;
	struct service_run *run = xcalloc(1, sizeof(*run));
	int exit_code;

	keep_memory_small();
	service_conf_foreign(&foreign, service->name);
	run->service = service;
	run->reason = "";
	run->conf.bindings[run->conf.n++] =
	    (struct conf_binding){service_conf_items, &run->common};
	if (service->conf)
		run->conf.bindings[run->conf.n++] =
		    (struct conf_binding){service->conf, service->state};
	run->conf.foreign_prefixes = foreign.list;
	exit_code = dispatch(run, argc, argv);
	conf_fini(&run->conf);
	free(run);
	return exit_code;
}
