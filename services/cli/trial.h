/*
 * trial - `webhooks test`: one request to the receiver, and all of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_TRIAL_H
#define CLI_TRIAL_H

#include "cli.h"

/* CLI_FAILED when the receiver did not answer with 2xx. */
int trial(struct cli *cli, int argc, char **argv);

#endif
