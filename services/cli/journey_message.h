/*
 * journey_message - publishes one message of a journey, and hears what came of
 * it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_JOURNEY_MESSAGE_H
#define CLI_JOURNEY_MESSAGE_H

#include <jansson.h>

#include "cli.h"

/* Takes message. wait_ms: how long to wait for the outcome once it is taken; 0:
 * not at all. Prints its id, or the outcome. An exit code: CLI_FAILED too when
 * the outcome is not "delivered". */
int journey_message(struct cli *cli, json_t *message, int64_t wait_ms);

#endif
