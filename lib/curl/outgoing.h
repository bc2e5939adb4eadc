/*
 * outgoing - what is made of the settings of whoever makes requests: addresses
 * that they may go to and come from, roots to trust, and the master key.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CURL_OUTGOING_H
#define CURL_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "curl/trust.h"
#include "io/service.h"
#include "net/egress.h"
#include "net/target.h"
#include "store/seal.h"

struct outgoing {
	const struct common_conf *common; /* borrowed; set by the caller */
	const char *program, *ca_setting; /* names for messages; the same */
	const char *ca_file;		  /* the same; NULL or "": none */
	uint8_t key[SEAL_KEY_BYTES];	  /* wiped on fini */
	const uint8_t *master_key;	  /* the key; NULL: unset */
	struct target_rules rules;
	struct egress_sources sources;
	struct trust *trust; /* owned; NULL: libcurl's roots only */
};

/* False, with a text: one of them does not do. s does not move from now on. */
bool outgoing_read(struct outgoing *s, char *error, size_t error_size);
void outgoing_fini(struct outgoing *s);

#endif
