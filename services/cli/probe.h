/*
 * probe - asks a server again and again until it answers as hoped for.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include <sys/socket.h>
#include <sys/un.h>
#include <uv.h>

struct probe;

struct probe_options {
	const char *unix_path; /* or NULL: address */
	struct sockaddr_storage address;
	const char *question; /* borrowed */
	const char *answer;   /* must be in the first line; borrowed */
	void (*on_answer)(void *arg);
	void *arg; /* borrowed */
};

/* Starts at once; on_answer is called once, and the probe rests then. */
struct probe *probe_start(uv_loop_t *loop, const struct probe_options *options);
/* on_answer is not called any more. The memory is freed by the loop. */
void probe_stop(struct probe **p);

#endif
