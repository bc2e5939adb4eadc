/*
 * parts - what a plan is made of.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private to the library.
 */
#ifndef JOURNEY_PARTS_H
#define JOURNEY_PARTS_H

#include "journey/address.h"
#include "journey/journey_plan.h"
#include "journey/payload.h"
#include "template/template.h"

struct capture;

/* One of the webhook's own headers. */
struct header_part {
	char *name;		/* owned */
	struct template *value; /* owned */
};

/* Where a body comes from. */
enum body_part { BODY_NONE, BODY_TEMPLATE, BODY_JSON, BODY_FORM };

struct journey_plan {
	enum http_method method;
	bool missing_fails;
	struct address address;
	struct template *url;	     /* owned */
	struct header_part *headers; /* owned */
	size_t n_headers;
	enum body_part body_part;
	struct template *body;	      /* owned; of BODY_TEMPLATE */
	struct payload_fields fields; /* its names are owned */
	struct capture *profile;      /* owned; NULL: nothing is kept */
	struct capture *live;	      /* owned; NULL: the whole answer */
	char *live_name;	      /* owned; NULL: live data keeps nothing */
};

/* The captures of the plan. False with the fault. */
bool plan_captures(struct journey_plan *plan, const struct webhook *w,
		   struct journey_fault *fault);

/* field is a format. Both are cut to their room, between characters. */
void journey_fault_set(struct journey_fault *fault, const char *text,
		       const char *field, ...)
    __attribute__((format(printf, 3, 4)));
void fault_of_template(struct journey_fault *fault,
		       const struct template_fault *from, const char *field,
		       ...) __attribute__((format(printf, 3, 4)));

#endif
