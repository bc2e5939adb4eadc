/*
 * renderer - the memory of renderings.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private to the library.
 */
#ifndef JOURNEY_RENDERER_H
#define JOURNEY_RENDERER_H

#include "filter/arena.h"
#include "filter/document.h"
#include "journey/journey_plan.h"
#include "journey/params.h"
#include "template/template.h"

struct journey_renderer {
	struct document *call, *stored, *answer; /* owned, as all here */
	struct arena arena; /* of the context, and of what is made of it */
	struct template_render *render;
	struct params *params;
	struct buf url, values, body; /* values: of headers, each with a NUL */
	struct journey_header *headers;
};

#endif
