/*
 * notify - tells the supervisor how the process is, as sd_notify(3) does.
 * SPDX-License-Identifier: Apache-2.0
 *
 * systemd (Type=notify), podman and others name a datagram socket in
 * NOTIFY_SOCKET. Without the variable nothing is sent. Nothing blocks: a
 * datagram that the supervisor has no room for is lost, and the next beat says
 * the same again. Knows nothing of the loop.
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* owned; -1: there is no supervisor that listens */
	struct sockaddr_un to;
	socklen_t to_size;
	uint64_t beat_ms; /* how often notify_state is wanted; 0: no watchdog */
	bool ready, stopping;
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. What cannot be used is
 * taken as absent. */
void notify_open(struct notify *n);
void notify_close(struct notify *n);
/* All of it, each time: whether the process is ready, whether it stops, and
 * status, one line for whoever asks; the watchdog is fed. */
void notify_state(const struct notify *n, const char *status);

#endif
