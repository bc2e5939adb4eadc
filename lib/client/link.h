/*
 * link - one DEALER socket and the news of its connection.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include <stdbool.h>
#include <stdint.h>

struct link {
	void *socket, *monitor; /* owned */
	uint64_t opened_ms;
	bool connected;
	bool broken; /* the connection broke: the link is to be replaced */
};

/* Connects in the background. False with errno, and l is empty. */
bool link_open(struct link *l, void *context, const char *endpoint);
void link_close(struct link *l);
/* Takes in what the monitor has to tell. */
void link_look(struct link *l);

#endif
