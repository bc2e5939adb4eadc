/*
 * keygen - makes a CURVE key and writes its two certificate files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * <directory>/<name>.key has the public key, to be handed out, and
 * <name>.key_secret both, with mode 0600. Each is there whole or not at all.
 */
#ifndef CLI_KEYGEN_H
#define CLI_KEYGEN_H

#include <stdbool.h>
#include <stddef.h>

#include "curve/curve_key.h"

#define KEYGEN_META_MAX 32

struct keygen_meta {
	const char *name, *value; /* borrowed */
};

struct keygen_options {
	const char *directory, *name;
	struct keygen_meta meta[KEYGEN_META_MAX];
	size_t n_meta;
	bool force; /* replace files that are there */
};

struct keygen {
	char public_key[CURVE_TEXT_SIZE];
	char *public_file, *secret_file; /* owned */
};

/* What is wrong with a file's name, or with a piece of metadata; NULL: nothing.
 */
const char *keygen_name_fault(const char *name);
const char *keygen_meta_fault(const struct keygen_meta *meta);
/* False with a line in error, and nothing was written. */
bool keygen_make(struct keygen *k, const struct keygen_options *options,
		 char *error, size_t error_size);
void keygen_fini(struct keygen *k);

#endif
