/*
 * commands - the table of commands, help and version.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli.h"

int commands_main(int argc, char **argv);

#endif
