/*
 * publisher - many messages, in batches, several of them under way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A batch is refused whole because of one message; that one is then reported
 * and left out, and the others are sent again.
 */
#ifndef CLI_PUBLISHER_H
#define CLI_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "cli.h"

struct publisher;

struct publisher_options {
	int64_t batch, in_flight, timeout_ms;
	size_t ids_max; /* how many ids to keep */
};

struct publisher_totals {
	uint64_t accepted; /* duplicates not among them */
	uint64_t duplicates, refused;
	char **ids; /* of what was taken, the first of them */
	size_t n_ids;
};

/* NULL after an error line: the endpoint is not one. */
struct publisher *publisher_new(struct cli *cli,
				const struct publisher_options *options);
void publisher_free(struct publisher **p);
/* Copies the message. line: where it came from, for reports; 0: nowhere. Waits
 * while too much is under way. False once there is no sense in going on. */
bool publisher_add(struct publisher *p, struct slice message, uint64_t line);
/* Sends the rest and waits for every answer. An exit code. */
int publisher_finish(struct publisher *p);
const struct publisher_totals *publisher_totals(const struct publisher *p);

#endif
