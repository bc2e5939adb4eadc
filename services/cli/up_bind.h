/*
 * up_bind - the addresses that the services will listen on.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Takes each one for a moment, so that a taken port is told in one line before
 * anything runs, and port 0 becomes a number that the ready line can name.
 */
#ifndef CLI_UP_BIND_H
#define CLI_UP_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct up_binds;

struct up_binds *up_binds_new(void);
/* Gives the addresses free again. */
void up_binds_free(struct up_binds **b);
/* list: "tcp://host:port,ipc://…" or "host:port". Returns it with real ports,
 * the caller's; NULL with error filled in, which names setting. */
char *up_binds_take(struct up_binds *b, const char *setting, const char *list,
		    char *error, size_t error_size);
/* The first tcp address of a list as one to connect to: "0.0.0.0" becomes
 * "127.0.0.1". False when there is none. */
bool up_bind_target(const char *list, char *out, size_t size);
/* "host:port" or "[v6]:port" with a numeric host. False: not one. */
bool up_bind_sockaddr(const char *text, struct sockaddr_storage *out);

#endif
