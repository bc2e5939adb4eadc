/*
 * up - the supervisor: an embedded Redis and one of each service.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Starts Redis, asks it until it answers, starts the services, asks each for
 * its health, prints the ready line; from then on restarts what dies. Stops in
 * waves: who takes and does work, the router and the tokens process, Redis.
 * Everything happens on one loop.
 */
#include "up.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "probe.h"
#include "up_bind.h"
#include "up_child.h"
#include "up_files.h"
#include "up_plan.h"
#include "up_sync.h"

#define WAVE_REDIS 2
#define KILL_AFTER_MS 5000 /* beyond the time for draining */

enum up_state { UP_STARTING, UP_READY, UP_STOPPING };

struct up {
	const struct up_options *o; /* borrowed */
	struct up_files files;
	struct up_plan plan;
	uv_loop_t loop;
	uv_signal_t on_int, on_term, on_chld;
	uv_timer_t kill_timer;
	enum up_state state;
	int wave; /* while stopping: who must end first */
	int code;
	struct up_child *children[UP_SERVICES_MAX + 1];
	struct probe *probes[UP_SERVICES_MAX + 1];
	struct up_sync *sync; /* NULL: Redis does it, or is not ours */
	size_t n_children;
	size_t waiting; /* for so many probes */
	bool services_started;
};

static void stop_next_wave(struct up *up);

static void begin_stop(struct up *up, int code)
{
	if (up->state == UP_STOPPING)
		return;
	up->state = UP_STOPPING;
	up->code = code;
	for (size_t i = 0; i <= UP_SERVICES_MAX; i++)
		probe_stop(&up->probes[i]);
	stop_next_wave(up);
}

static void fail(struct up *up, const char *name)
{
	begin_stop(up, cli_error(CLI_FAILED, "cannot start %s: %s", name,
				 strerror(errno)));
}

static void close_handles(struct up *up)
{
	uv_close((uv_handle_t *)&up->on_int, NULL);
	uv_close((uv_handle_t *)&up->on_term, NULL);
	uv_close((uv_handle_t *)&up->on_chld, NULL);
	uv_close((uv_handle_t *)&up->kill_timer, NULL);
	up_sync_stop(&up->sync);
	for (size_t i = 0; i < up->n_children; i++)
		up_child_free(&up->children[i]);
}

static void signal_wave(struct up *up, int sig)
{
	for (size_t i = 0; i < up->n_children; i++)
		if (up_child_wave(up->children[i]) == up->wave)
			up_child_stop(up->children[i], sig);
}

static bool wave_runs(const struct up *up)
{
	for (size_t i = 0; i < up->n_children; i++)
		if (up_child_wave(up->children[i]) == up->wave &&
		    up_child_runs(up->children[i]))
			return true;
	return false;
}

/* A wave that does not end is killed: what it had in hand is in Redis. */
static void on_kill(uv_timer_t *timer)
{
	struct up *up = timer->data;

	log_warn("children_killed", "wave=%d", up->wave);
	signal_wave(up, SIGKILL);
}

static void stop_next_wave(struct up *up)
{
	while (up->wave <= WAVE_REDIS) {
		/* Sent to the stopped as well: none of them comes back. */
		signal_wave(up, SIGTERM);
		if (wave_runs(up)) {
			uv_timer_start(&up->kill_timer, on_kill,
				       up->o->drain_ms + KILL_AFTER_MS, 0);
			return;
		}
		up->wave++;
	}
	close_handles(up);
}

static void on_child_exit(void *arg, struct up_child *child, int status)
{
	struct up *up = arg;
	const char *name = up_child_name(child);
	bool exited = WIFEXITED(status);
	int number = exited ? WEXITSTATUS(status) : WTERMSIG(status);

	if (up->state == UP_STOPPING) {
		log_info("child_ended", "name=%s", name);
		if (!wave_runs(up)) {
			up->wave++;
			stop_next_wave(up);
		}
		return;
	}
	log_warn("child_died", "name=%s %s=%d", name,
		 exited ? "code" : "signal", number);
	/* What refuses to start at all (settings, a taken port) will not start
	 * the next time either; what was killed will. */
	if (up->state == UP_STARTING && exited && number != 0) {
		cli_error(CLI_FAILED, "%s did not start (exit code %d)", name,
			  number);
		begin_stop(up, number == CLI_USAGE ? CLI_USAGE : CLI_FAILED);
		return;
	}
	up_child_restart_later(child);
}

static void on_sigchld(uv_signal_t *handle, int sig)
{
	struct up *up = handle->data;

	(void)sig;
	for (size_t i = 0; i < up->n_children; i++)
		if (up->children[i])
			up_child_reap(up->children[i]);
}

static void on_stop_signal(uv_signal_t *handle, int sig)
{
	struct up *up = handle->data;

	if (up->state == UP_STOPPING) {
		/* Asked again: no more patience with the services. */
		if (up->wave < WAVE_REDIS)
			signal_wave(up, SIGKILL);
		return;
	}
	log_info("stopping", "signal=%d", sig);
	begin_stop(up, CLI_DONE);
}

static void on_healthy(void *arg)
{
	struct up *up = arg;

	if (--up->waiting || up->state != UP_STARTING)
		return;
	up->state = UP_READY;
	printf("postrider ready console=%s publish=%s\n", up->plan.console_url,
	       up->plan.publish_endpoint);
	fflush(stdout);
}

static void ask_health(struct up *up, const char *address)
{
	struct probe_options o = {
	    .question = "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n",
	    .answer = " 200 ",
	    .on_answer = on_healthy,
	    .arg = up,
	};

	if (!address || !up_bind_sockaddr(address, &o.address))
		return; /* switched off, or a host name: not waited for */
	up->probes[up->waiting + 1] = probe_start(&up->loop, &o);
	up->waiting++;
}

static bool start_service(struct up *up, const struct up_service *s)
{
	char *argv[] = {s->program, NULL};
	struct up_child_options o = {
	    .name = s->name,
	    .program = s->program,
	    .argv = argv,
	    .env = up_env_strings(s->env),
	    .inherit_fd = -1,
	    .parent_death_signal = SIGKILL, /* safe: Redis has it all */
	    .wave = s->wave,
	    .on_exit = on_child_exit,
	    .arg = up,
	};
	struct up_child *child = up_child_new(&up->loop, &o);

	up->children[up->n_children++] = child;
	ask_health(up, s->admin);
	return up_child_start(child);
}

static void on_redis_up(void *arg)
{
	struct up *up = arg;

	probe_stop(&up->probes[0]);
	if (up->state != UP_STARTING)
		return;
	for (size_t i = 0; i < up->plan.n_services; i++) {
		if (!start_service(up, &up->plan.services[i])) {
			fail(up, up->plan.services[i].name);
			return;
		}
	}
	if (!up->waiting) {
		up->waiting = 1;
		on_healthy(up);
	}
}

static void start_redis(struct up *up)
{
	bool every_second = strcmp(up->o->appendfsync, "everysec") == 0;
	char *argv[] = {up->plan.redis_program,
			"--port",
			"0",
			"--unixsocket",
			up->plan.redis_socket,
			"--unixsocketperm",
			"700",
			"--dir",
			up->files.dir,
			"--appendonly",
			"yes",
			"--appendfsync",
			every_second ? (char *)"no"
				     : (char *)up->o->appendfsync,
			"--auto-aof-rewrite-min-size",
			"512mb",
			"--save",
			"",
			"--maxmemory-policy",
			"noeviction",
			"--daemonize",
			"no",
			"--loglevel",
			"warning",
			NULL};
	struct up_child_options o = {
	    .name = "redis",
	    .program = up->plan.redis_program,
	    .argv = argv,
	    .env = up_env_strings(up->o->env),
	    .inherit_fd = up->files.redis_lock,
	    .parent_death_signal = SIGTERM, /* so that it ends its file */
	    .wave = WAVE_REDIS,
	    .on_exit = on_child_exit,
	    .arg = up,
	};
	struct probe_options probe = {
	    .unix_path = up->plan.redis_socket,
	    .question = "PING\r\n",
	    .answer = "+PONG",
	    .on_answer = on_redis_up,
	    .arg = up,
	};

	up->children[up->n_children++] = up_child_new(&up->loop, &o);
	if (!up_child_start(up->children[0])) {
		fail(up, up->plan.redis_program);
		return;
	}
	up->probes[0] = probe_start(&up->loop, &probe);
	if (every_second)
		up->sync = up_sync_start(&up->loop, up->files.dir);
}

static void init_signal(struct up *up, uv_signal_t *handle, uv_signal_cb fn,
			int sig)
{
	uv_signal_init(&up->loop, handle);
	handle->data = up;
	must(uv_signal_start(handle, fn, sig) == 0);
}

static int supervise(struct up *up)
{
	signal(SIGPIPE, SIG_IGN);
	must(uv_loop_init(&up->loop) == 0);
	uv_timer_init(&up->loop, &up->kill_timer);
	up->kill_timer.data = up;
	init_signal(up, &up->on_int, on_stop_signal, SIGINT);
	init_signal(up, &up->on_term, on_stop_signal, SIGTERM);
	init_signal(up, &up->on_chld, on_sigchld, SIGCHLD);
	if (up->plan.redis_program)
		start_redis(up);
	else
		on_redis_up(up);
	uv_run(&up->loop, UV_RUN_DEFAULT);
	uv_loop_close(&up->loop);
	return up->code;
}

int up_run(const struct up_options *options)
{
	struct up up = {.o = options};
	char error[512];
	int code;

	log_setup("up", LOG_INFO);
	if (!up_files_open(&up.files, options->dir, error, sizeof(error)))
		return cli_error(CLI_FAILED, "%s", error);
	if (up_plan_make(&up.plan, options, &up.files, error, sizeof(error)))
		code = supervise(&up);
	else
		code = cli_error(CLI_FAILED, "%s", error);
	up_plan_fini(&up.plan);
	up_files_close(&up.files);
	return code;
}
