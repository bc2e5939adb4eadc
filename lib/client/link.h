/*
 * link - one DEALER socket and the news of its connection.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "curve/curve_key.h"

/* Where it leads, and what it shows there. */
struct link_target {
	char *endpoint;			  /* owned by who has the target */
	char server_key[CURVE_TEXT_SIZE]; /* "": no CURVE */
	struct curve_pair own;
};

struct link {
	void *socket, *monitor; /* owned */
	uint64_t opened_ms;
	bool connected;
	bool
	    has_keys; /* it shows keys, so an end without a word is a refusal */
	bool broken;  /* the connection broke: the link is to be replaced */
	/* Why the two did not come together; static. NULL: nothing is known. */
	const char *refusal;
};

/* Connects in the background. False with errno, and l is empty. */
bool link_open(struct link *l, void *context, const struct link_target *target);
void link_close(struct link *l);
/* Takes in what the monitor has to tell. */
void link_look(struct link *l);

#endif
