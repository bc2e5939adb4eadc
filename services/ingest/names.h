/*
 * names - which event names of their own projects have published lately.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bounded, whoever publishes what: NAMES_PROJECT_MAX names of a project and
 * NAMES_MAX of all; one more is not noted until others have been quiet for
 * NAMES_QUIET_MS. So a flood of random names costs a look-up an event, and a
 * name that was there before it stays. Knows neither Redis nor the clock.
 */
#ifndef INGEST_NAMES_H
#define INGEST_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define NAMES_MAX 8192
#define NAMES_PROJECT_MAX 1000
/* Bytes of all samples that wait to be written; beyond, names go without. */
#define NAMES_SAMPLES_BYTES_MAX (4 * 1024 * 1024)
/* A name is written at most this often, but a new one at once. */
#define NAMES_WRITE_MS 60000
#define NAMES_QUIET_MS 120000

struct names;

/* What is to be written of one; valid until the next call of names. */
struct name_note {
	struct slice project, name;
	uint64_t wall_ms;    /* of the newest event */
	uint64_t count;	     /* of events since the last note */
	struct slice sample; /* n 0: none */
};

/* sample_bytes_max: of larger events no sample is taken; 0: of none. */
struct names *names_new(size_t sample_bytes_max);
void names_free(struct names **n);

struct name_event {
	struct slice project, name, body;
	uint64_t now_ms, wall_ms;
};

/* False: there was no room for the name. */
bool names_add(struct names *n, const struct name_event *event);
/* The next one that is due; false: none is. *pos is 0 at first. */
bool names_next(struct names *n, size_t *pos, uint64_t now_ms,
		struct name_note *note);
/* Forgets those that have been quiet. */
void names_sweep(struct names *n, uint64_t now_ms);
size_t names_count(const struct names *n);

#endif
