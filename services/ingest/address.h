/*
 * address - whom to answer: the frames in front of a body, as they came.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef INGEST_ADDRESS_H
#define INGEST_ADDRESS_H

#include <stddef.h>

#include "base/slice.h"

#include "request.h"

/* Shared by all that still have something to say to it. */
struct address {
	size_t refs; /* private */
	enum encoding encoding;
	size_t bytes; /* it takes this much memory */
	size_t n;
	struct slice frames[]; /* n views of what follows them */
};

/* Copies the frames; one reference. */
struct address *address_new(enum encoding encoding, const struct slice *frames,
			    size_t n);
struct address *address_ref(struct address *a);
void address_unref(struct address **a);

#endif
