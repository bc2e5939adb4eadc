/*
 * up_child - one child process: start, signal, restart with a growing delay.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "up_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define DELAY_MS_MIN 100
#define DELAY_MS_MAX 5000
#define LIVED_WELL_MS 10000

struct up_child {
	struct up_child_options o; /* strings owned */
	char *name, *program;
	char **argv, **env;
	pid_t pid; /* 0: does not run */
	bool stopping;
	uint64_t started_ms, delay_ms;
	uv_timer_t timer;
};

static char **copy_strings(char *const *from)
{
	size_t n = 0;
	char **out;

	while (from[n])
		n++;
	out = xcalloc(n + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = xstrdup(from[i]);
	return out;
}

static void free_strings(char **strings)
{
	for (size_t i = 0; strings[i]; i++)
		free(strings[i]);
	free(strings);
}

struct up_child *up_child_new(uv_loop_t *loop,
			      const struct up_child_options *options)
{
	struct up_child *c = xcalloc(1, sizeof(*c));

	c->o = *options;
	c->name = xstrdup(options->name);
	c->program = xstrdup(options->program);
	c->argv = copy_strings(options->argv);
	c->env = copy_strings(options->env);
	uv_timer_init(loop, &c->timer);
	c->timer.data = c;
	return c;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct up_child *c = handle->data;

	free(c->name);
	free(c->program);
	free_strings(c->argv);
	free_strings(c->env);
	free(c);
}

void up_child_free(struct up_child **c)
{
	if (!*c)
		return;
	must(!(*c)->pid);
	uv_close((uv_handle_t *)&(*c)->timer, on_timer_closed);
	*c = NULL;
}

/* In the child: only calls that are safe between fork and exec. */
static void become(const struct up_child *c, pid_t parent)
{
	sigset_t none;
	int null;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, c->o.parent_death_signal);
	if (getppid() != parent)
		_exit(1); /* the parent died before prctl */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	null = open("/dev/null", O_RDONLY);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	/* Standard output is for the supervisor's one line. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (c->o.inherit_fd >= 0)
		fcntl(c->o.inherit_fd, F_SETFD, 0);
	execve(c->program, c->argv, c->env);
	_exit(127);
}

bool up_child_start(struct up_child *c)
{
	pid_t parent = getpid();

	c->pid = fork();
	if (c->pid == 0)
		become(c, parent);
	if (c->pid < 0) {
		c->pid = 0;
		return false;
	}
	c->started_ms = now_ms();
	log_info("child_started", "name=%s pid=%d", c->name, (int)c->pid);
	return true;
}

static void on_restart(uv_timer_t *timer)
{
	struct up_child *c = timer->data;

	if (!c->stopping && !up_child_start(c)) {
		log_error("child_not_started", "name=%s error=\"%s\"", c->name,
			  strerror(errno));
		up_child_restart_later(c);
	}
}

void up_child_restart_later(struct up_child *c)
{
	if (c->stopping)
		return;
	if (!c->delay_ms || now_ms() - c->started_ms > LIVED_WELL_MS)
		c->delay_ms = DELAY_MS_MIN;
	else if (c->delay_ms < DELAY_MS_MAX)
		c->delay_ms *= 2;
	uv_timer_start(&c->timer, on_restart, c->delay_ms, 0);
}

void up_child_stop(struct up_child *c, int sig)
{
	c->stopping = true;
	uv_timer_stop(&c->timer);
	if (c->pid)
		kill(c->pid, sig);
}

void up_child_reap(struct up_child *c)
{
	int status;

	if (!c->pid || waitpid(c->pid, &status, WNOHANG) != c->pid)
		return;
	c->pid = 0;
	c->o.on_exit(c->o.arg, c, status);
}

bool up_child_runs(const struct up_child *c)
{
	return c->pid != 0;
}

const char *up_child_name(const struct up_child *c)
{
	return c->name;
}

int up_child_wave(const struct up_child *c)
{
	return c->o.wave;
}
