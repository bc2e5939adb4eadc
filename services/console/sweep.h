/*
 * sweep - removes what journeys have kept in a project that is deleted.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Goes over the keys in small steps, once, while nobody waits for it. What it
 * misses, because the console ends or a router writes late, has a time to live.
 */
#ifndef CONSOLE_SWEEP_H
#define CONSOLE_SWEEP_H

#include "base/slice.h"

struct console;

void sweep_project(struct console *c, struct slice project);

#endif
