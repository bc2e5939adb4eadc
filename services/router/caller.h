/*
 * caller - whose call it is: read from a call's body, and no more of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_CALLER_H
#define ROUTER_CALLER_H

#include "base/slice.h"

struct caller_reader;

/* Each empty where the call has none; at least one is given. */
struct caller {
	struct slice email, user;
};

struct caller_reader *caller_reader_new(void);
void caller_reader_free(struct caller_reader **r);
/* Views, until the next call and as long as the body. */
struct caller caller_read(struct caller_reader *r, struct slice body);

#endif
