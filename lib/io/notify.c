/*
 * notify - tells the supervisor how the process is, as sd_notify(3) does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_SIZE 256
#define WATCHDOG_MS_MIN 30

/* A path, or an abstract name behind '@'. */
static bool set_address(struct notify *n, const char *name)
{
	size_t size = name ? strlen(name) : 0;

	if (size < 2 || size >= sizeof(n->to.sun_path) ||
	    (name[0] != '/' && name[0] != '@'))
		return false;
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, name, size);
	if (name[0] == '@')
		n->to.sun_path[0] = '\0';
	n->to_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	return true;
}

static bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

/* A third of the time-out, so that one beat may be lost. */
static uint64_t beat_of_watchdog(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t us, whose;

	if (!parse_number(getenv("WATCHDOG_USEC"), &us) ||
	    us / 1000 < WATCHDOG_MS_MIN)
		return 0;
	if (pid && (!parse_number(pid, &whose) || whose != (uint64_t)getpid()))
		return 0;
	return us / 3000;
}

void notify_open(struct notify *n)
{
	*n = (struct notify){.fd = -1};
	if (!set_address(n, getenv("NOTIFY_SOCKET")))
		return;
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->fd >= 0)
		n->beat_ms = beat_of_watchdog();
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_state(const struct notify *n, const char *status)
{
	char text[STATE_SIZE];
	int size;

	if (n->fd < 0)
		return;
	size = snprintf(text, sizeof(text), "%s%sSTATUS=%.100s%s",
			n->ready ? "READY=1\n" : "",
			n->stopping ? "STOPPING=1\n" : "", status,
			n->beat_ms ? "\nWATCHDOG=1" : "");
	/* Not connected: a supervisor that starts anew binds a new socket to
	 * the same name. */
	(void)!sendto(n->fd, text, (size_t)size, MSG_NOSIGNAL,
		      (const struct sockaddr *)&n->to, n->to_size);
}
