/*
 * params - the parameters that a tile adds to its webhook's URL.
 * SPDX-License-Identifier: Apache-2.0
 *
 * {"variant": "{{event.variant}}"} becomes variant=b. The templates are not
 * the webhook's but the call's; those used last are kept compiled.
 */
#ifndef JOURNEY_PARAMS_H
#define JOURNEY_PARAMS_H

#include "base/buf.h"
#include "journey/journey_plan.h"
#include "template/template.h"

struct params;

struct params *params_new(void);
void params_free(struct params **p);
/* Appends them to the query of the URL in out, which has no fragment. params:
 * a JSON object, or empty. False with the fault. */
bool params_append(struct params *p, struct slice params,
		   struct template_render *render,
		   const struct template_input *in, struct buf *out,
		   struct journey_fault *fault);

#endif
