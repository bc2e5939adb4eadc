/*
 * walk - where the list of deliveries is, and what it is asked for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The cursor is "<place>:<webhook or ->:<position>:<skip>".
 */
#ifndef CONSOLE_WALK_H
#define CONSOLE_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ulid.h"
#include "call.h"
#include "proto/messages.h"

#define POSITION_SIZE 72
#define SKIP_ALL UINT32_MAX /* the whole entry has been shown */
#define CURSOR_SIZE 176

enum place {
	PLACE_HELD,
	PLACE_DUE,
	PLACE_BACKLOG,
	PLACE_CHAIN, /* behind others of their key */
	PLACE_LOG,
	PLACE_DEAD,
	PLACE_ATTEMPTS,
	N_PLACES
};

struct walk {
	size_t limit, steps, examined;
	const char *status; /* NULL: all; a static text */
	char event_name[EVENT_NAME_BYTES_MAX + 1];
	uint64_t since_ms, until_ms; /* of acceptance */
	struct ulid *lanes; /* owned; the webhooks that are looked at, sorted */
	size_t n_lanes;
	bool one_lane; /* a webhook was named */
	/* where it is: */
	enum place place;
	size_t lane;
	char position[POSITION_SIZE]; /* "": the beginning */
	uint64_t skip;
	json_t *data; /* owned */
};

/* The status of what is in a place. */
const char *place_status(enum place place);
/* Is there one for each webhook? */
bool place_has_lanes(enum place place);

/* Reads the query; false: the call has been answered. */
bool walk_read(struct call *call, struct walk *walk);
void walk_fini(struct walk *walk);
/* To the beginning of the place. */
void walk_restart(struct walk *walk);
/* What nextCursor is; empty at the end. */
void walk_cursor(const struct walk *walk, char out[CURSOR_SIZE]);

#endif
