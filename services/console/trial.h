/*
 * trial - test sends: one request to a receiver now, made by a sender as any
 * other, and shown in full.
 * SPDX-License-Identifier: Apache-2.0
 *
 * To a sender a console is a router that has few tasks: the same socket, the
 * same messages. A task lost with its sender is not made again; the caller
 * hears of it by the time-out.
 */
#ifndef CONSOLE_TRIAL_H
#define CONSOLE_TRIAL_H

#include <stddef.h>

struct console;
struct trials;

/* Listens where the console's settings say; NULL with a text in error. */
struct trials *trials_new(struct console *c, char *error, size_t error_size);
/* Answers what is under way. */
void trials_free(struct trials **t);
/* Where senders find it; as for the registry. */
const char *trials_endpoints(const struct trials *t);

#endif
