/*
 * up_child - one child process: start, signal, restart with a growing delay.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Children have a process group of their own, so that a terminal's Ctrl-C
 * reaches the supervisor alone, which then stops them in order; and a
 * parent-death signal, so that none is left behind when the supervisor is
 * killed.
 */
#ifndef CLI_UP_CHILD_H
#define CLI_UP_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

struct up_child;

struct up_child_options {
	const char *name;    /* "sender-1"; copied */
	const char *program; /* path; copied */
	char *const *argv;   /* copied */
	char *const *env;    /* copied */
	int inherit_fd;	     /* left open in the child; -1: none */
	int parent_death_signal;
	int wave; /* the order of stopping: 0 first */
	void (*on_exit)(void *arg, struct up_child *child, int wait_status);
	void *arg; /* borrowed */
};

struct up_child *up_child_new(uv_loop_t *loop,
			      const struct up_child_options *options);
/* Not while it runs. The memory is freed by the loop. */
void up_child_free(struct up_child **c);
/* False with errno. */
bool up_child_start(struct up_child *c);
/* Starts it again after a delay that grows while it keeps dying early. */
void up_child_restart_later(struct up_child *c);
/* It will not be started again; sends the signal if it runs. */
void up_child_stop(struct up_child *c, int sig);
/* Looks whether it has ended, and calls on_exit then. */
void up_child_reap(struct up_child *c);
bool up_child_runs(const struct up_child *c);
const char *up_child_name(const struct up_child *c);
int up_child_wave(const struct up_child *c);

#endif
