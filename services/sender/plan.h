/*
 * plan - what all requests of one webhook have in common, made once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counted: the cache holds one reference, every curl handle that is prepared
 * for the plan another. Knows no curl. Holds secrets: wiped on free.
 */
#ifndef SENDER_PLAN_H
#define SENDER_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "curl/fault.h"
#include "net/url.h"
#include "store/sign.h"
#include "store/config.h"

struct plan {
	size_t refs;
	struct webhook *webhook;      /* one reference of it */
	struct signer *signer;	      /* owned; NULL: no signature */
	struct merge *merge;	      /* owned; NULL: the URL has no fields */
	struct journey_plan *journey; /* owned; NULL: no journey calls it */
	char **headers;		      /* owned, "Name: value" */
	size_t n_headers;
	struct url_parts at; /* of the webhook's URL; a journey's may lack
			      * the host: each call has its own */
	enum fault fault;    /* why no request can be made, or FAULT_NONE */
	char *error;	     /* owned; what is wrong with a template, or NULL */
	bool stale;	     /* another has taken its place in the cache */
	struct list handles; /* idle ones, newest last; of the stock */
	struct list in_cache;
};

struct plans;

/* dev: http:// is allowed. */
struct plans *plans_new(size_t plans_max, bool dev);
void plans_free(struct plans **p);
/* The plan for this state of the webhook, made if there is none; the cache's
 * own reference. */
struct plan *plans_get(struct plans *p, struct webhook *webhook);

struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan **plan);

#endif
