/*
 * journey_plan - the HTTP request that a journey's call becomes, and what is
 * kept of the answer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plan is the templates and captures of one version of a webhook, compiled
 * once; a renderer is the memory that rendering needs, used again and again by
 * any plan. Pure: no sockets, no clock. Knows neither authorization nor
 * signatures. Whether http:// and an address are allowed is for who sends.
 */
#ifndef JOURNEY_JOURNEY_PLAN_H
#define JOURNEY_JOURNEY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "proto/message.h"
#include "net/url.h"
#include "store/config.h"
#include "store/journey.h"

#define JOURNEY_URL_BYTES_MAX 16384	     /* rendered, parameters included */
#define JOURNEY_HEADER_BYTES_MAX 8192	     /* of one rendered value */
#define JOURNEY_BODY_BYTES_MAX (1024 * 1024) /* rendered */

/* Where something is wrong: "url", "headers.X-Name", "body", "params.x",
 * "capture.profileFields.tier", "dataRetrieval.fields.sky.path"; and what:
 * "line 2, column 7: ...". Neither has a value of the message in it. */
struct journey_fault {
	char field[192];
	char text[192];
};

struct journey_plan;
struct journey_renderer;

/* The webhook was read with_request and has a journey; nothing of it is
 * borrowed. NULL with the fault: it cannot be called as it stands. */
struct journey_plan *journey_plan_new(const struct webhook *w,
				      struct journey_fault *fault);
void journey_plan_free(struct journey_plan **plan);
/* Where its requests go; borrowed from the plan. Without a host where that is
 * for each call to say: then it is one of the webhook's hosts. */
const struct url_parts *journey_plan_at(const struct journey_plan *plan);
/* Whether its requests have a body, which may be empty. */
bool journey_plan_has_body(const struct journey_plan *plan);

struct journey_renderer *journey_renderer_new(void);
void journey_renderer_free(struct journey_renderer **r);

struct journey_input {
	struct slice body;   /* the call: {"journeyId","pathId","email", ...} */
	struct slice params; /* a JSON object of templates; may be empty */
	struct slice stored; /* {"profile":{},"liveData":{}}; may be empty */
	uint64_t wall_ms;    /* what {{now}} is */
};

struct journey_header {
	const char *name, *value; /* the value may be empty */
};

/* Valid until the renderer's next call. */
struct journey_request {
	enum http_method method;
	const char *url;
	const struct journey_header *headers; /* the webhook's own, in order */
	size_t n_headers;
	struct slice body; /* empty without one */
	bool has_body;
};

/* False with the fault: this call can never be made. */
bool journey_render(struct journey_renderer *r, const struct journey_plan *plan,
		    const struct journey_input *in, struct journey_request *out,
		    struct journey_fault *fault);

/* Whether a whole answer to this tile is needed, for journey_take(). */
bool journey_keeps(const struct journey_plan *plan, enum tile tile);
/* Appends to values, as a JSON object, what the tile keeps of a 2xx answer: of
 * a profile tile the fields, of a live data tile its value under its name.
 * truncated: more came than answer has. False with a text: nothing can be taken
 * of it. That text begins with "capture: " or "dataRetrieval: " and has no
 * value of the answer in it. Only if journey_keeps(). */
bool journey_take(const struct journey_plan *plan, struct journey_renderer *r,
		  enum tile tile, struct slice answer, bool truncated,
		  struct buf *values, char *error, size_t error_size);

#endif
