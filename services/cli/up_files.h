/*
 * up_files - the data directory: its lock, its keys, its sockets.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_UP_FILES_H
#define CLI_UP_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct up_files {
	char *dir; /* absolute, owned */
	char *run; /* where sockets are: DIR/run, or below /tmp */
	bool run_is_temporary;
	int lock;	/* held while this process lives */
	int redis_lock; /* handed to the embedded Redis; -1: none */
};

/* Makes what is missing and takes the lock. A fault: false, error filled in,
 * and nothing is left open. */
bool up_files_open(struct up_files *f, const char *dir, char *error,
		   size_t error_size);
/* Waits until no Redis of an earlier start uses the directory. */
bool up_files_lock_redis(struct up_files *f, char *error, size_t error_size);
/* DIR/<name> with 64 hex digits, made if it is not there, mode 0600. The path
 * is the caller's; NULL with error filled in. */
char *up_files_key(struct up_files *f, const char *name, char *error,
		   size_t error_size);
void up_files_close(struct up_files *f);

#endif
