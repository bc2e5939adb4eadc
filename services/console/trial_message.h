/*
 * trial_message - what a test send sends: a given message, or a sample.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_TRIAL_MESSAGE_H
#define CONSOLE_TRIAL_MESSAGE_H

#include <jansson.h>

#include "call.h"
#include "catalogue/catalogue.h"
#include "store/config.h"

/* request: {"message": {…}} or {"eventName": "…"}; neither: the sample of the
 * first event type that the webhook names, else of emailSend. New: what the
 * receiver gets. NULL with a fault. */
json_t *trial_message(const struct catalogue *catalogue,
		      const struct webhook *w, const json_t *request,
		      struct fault *fault);
/* As bytes; an array of one for a webhook with batches. The caller frees. */
char *trial_body(const struct webhook *w, const json_t *message);

#endif
