/*
 * news - what calls of journeys bring, told on the feed once Redis has it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A message is made when a call ends and kept until the flush that writes it
 * has been answered. Knows the feed's messages, neither Redis nor calls.
 */
#ifndef ROUTER_NEWS_H
#define ROUTER_NEWS_H

#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"

struct caller;
struct pipe;
struct value;

/* What ended: as GET .../calls/{id} shows it. */
struct call_end {
	const char *id; /* "evt_…" */
	bool delivered;
	uint64_t status;	    /* 0: no answer */
	const struct value *values; /* NULL: none */
	struct slice error;	    /* n 0: none */
};

struct news_about {
	struct slice project;
	uint64_t flush; /* to be told when this one is done */
};

/* Nothing is made while nobody listens. */
void news_call(struct list *news, struct pipe *pipe,
	       const struct news_about *about, const struct call_end *end);
/* topic profile: email and userId, and the fields. */
void news_profile(struct list *news, struct pipe *pipe,
		  const struct news_about *about, const struct caller *caller,
		  const struct value *fields);
/* topic liveData: the path, and names with their values. */
void news_live_data(struct list *news, struct pipe *pipe,
		    const struct news_about *about, struct slice path,
		    const struct value *data);
/* Tells all up to this flush. */
void news_tell(struct list *news, struct pipe *pipe, uint64_t flush);
void news_clear(struct list *news);

#endif
