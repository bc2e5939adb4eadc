/*
 * keyring - the certificates of a directory: who is let in, and who they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every regular file counts, but for hidden ones and those whose name ends in
 * "_secret" or "~". A file that cannot be used is logged and lets nobody in.
 * Looks at the directory only when it is told to.
 */
#ifndef CURVE_KEYRING_H
#define CURVE_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "curve/certificate.h"

#define KEYRING_DIRECTORIES_MAX 2
#define KEYRING_FILES_MAX 1024 /* of a directory; further ones are left out */

struct keyring_options {
	/* Borrowed for the keyring's life; NULL ends them early. */
	const char *directories[KEYRING_DIRECTORIES_MAX];
	/* A certificate that names another role is left out; one that names
	 * none is taken. NULL ends them. */
	const char *roles[2];
	bool projects_needed; /* else what they say of projects is ignored */
};

struct keyring_member {
	char public_key[CURVE_TEXT_SIZE];
	char *name;	/* owned: the metadata's, else the file's */
	char *projects; /* owned */
};

struct keyring;

/* NULL with a line in error when a directory cannot be read. */
struct keyring *keyring_open(const struct keyring_options *options, char *error,
			     size_t error_size);
void keyring_close(struct keyring **k);
/* Looks whether a file has come, gone or changed, and if so reads all anew. A
 * directory that cannot be read any more keeps the members that it had. */
void keyring_refresh(struct keyring *k);
/* NULL: unknown. Valid until the next refresh. */
const struct keyring_member *keyring_find(const struct keyring *k,
					  struct slice public_key);
size_t keyring_count(const struct keyring *k);
/* How often somebody who was let in is not any more. */
uint64_t keyring_removals(const struct keyring *k);
/* Its projects name this one, or "*". */
bool keyring_may(const struct keyring_member *m, struct slice project);

#endif
