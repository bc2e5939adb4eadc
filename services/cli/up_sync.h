/*
 * up_sync - the append-only file of the embedded Redis, on disk once a second.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Redis' own "everysec" holds back its write(2) while an fsync is running, and
 * answers meanwhile: killed then, it loses what it has acknowledged. So Redis
 * runs with "no", which writes before it answers, and the fsync is done from
 * here.
 */
#ifndef CLI_UP_SYNC_H
#define CLI_UP_SYNC_H

#include <uv.h>

struct up_sync;

/* dir is Redis' directory, borrowed until the stop. */
struct up_sync *up_sync_start(uv_loop_t *loop, const char *dir);
/* Freed by the loop, after a sync that is under way. */
void up_sync_stop(struct up_sync **sync);

#endif
