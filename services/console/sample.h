/*
 * sample - a call of a journey, for a preview or a test send.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_SAMPLE_H
#define CONSOLE_SAMPLE_H

#include <jansson.h>
#include <stdbool.h>

#include "call.h"
#include "proto/message.h"

struct sample {
	json_t *message;	      /* owned; complete, as it is shown */
	char *body, *params, *stored; /* owned; JSON; params: NULL for none */
	enum tile tile;
};

/* Of what was given, an object of which everything may be missing (NULL: all
 * is). path: where it stands in the request, "" or "sample.". False with a
 * fault; sample_fini is safe after either. */
bool sample_read(struct sample *s, const json_t *given, const char *path,
		 struct fault *fault);
void sample_fini(struct sample *s);

#endif
