/*
 * settings - what is made of the settings before the sender can begin.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SENDER_SETTINGS_H
#define SENDER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "curl/trust.h"
#include "io/service.h"
#include "net/egress.h"
#include "net/target.h"
#include "store/seal.h"

struct settings {
	const struct common_conf *common; /* borrowed; set by the caller */
	const char *ca_file;		  /* the same; NULL or "": none */
	uint8_t key[SEAL_KEY_BYTES];	  /* wiped on fini */
	const uint8_t *master_key;	  /* the key; NULL: unset */
	struct target_rules rules;
	struct egress_sources sources;
	struct trust *trust; /* owned; NULL: libcurl's roots only */
};

/* False, with a text: one of them does not do. s does not move from now on. */
bool settings_read(struct settings *s, char *error, size_t error_size);
void settings_fini(struct settings *s);

#endif
