/*
 * plain_url - a URL that is a template, with an x for each of its tags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * So that what is not a template of it can be looked at as a URL.
 */
#ifndef JOURNEY_PLAIN_URL_H
#define JOURNEY_PLAIN_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct plain_url {
	struct buf text;	       /* as long as the URL at most */
	size_t authority, n_authority; /* where it stands; 0: there is none */
	bool open;		       /* there is a tag in the authority */
};

enum plain_fault {
	PLAIN_OK,
	PLAIN_SCHEME, /* a tag in front of the authority */
	PLAIN_TAG     /* one that does not end */
};

/* To be ended in any case. */
enum plain_fault plain_url_init(struct plain_url *u, const char *url);
void plain_url_fini(struct plain_url *u);

#endif
