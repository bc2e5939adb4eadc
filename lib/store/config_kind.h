/*
 * config_kind - where the documents of each kind are, and what they are called.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STORE_CONFIG_KIND_H
#define STORE_CONFIG_KIND_H

#include <stdbool.h>

#include "store/config.h"

struct config_kind_facts {
	const char *name;   /* on the change channel */
	const char *key;    /* of the hash in Redis: id to document */
	const char *prefix; /* of ids, which are ULIDs; NULL: they are names */
	bool by_bytes;	    /* a mirror looks it up by the 16 bytes of its id */
	unsigned max;
};

#define CONFIG_KINDS 4

/* By enum config_kind. */
extern const struct config_kind_facts config_kinds[CONFIG_KINDS];

#endif
