/*
 * trial_message - what a test send sends: a given message, or a sample.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_TRIAL_MESSAGE_H
#define CONSOLE_TRIAL_MESSAGE_H

#include <jansson.h>

#include "call.h"
#include "catalogue/catalogue.h"
#include "sample.h"
#include "store/config.h"

/* request: {"message": {…}} or {"eventName": "…"}; neither: the sample of the
 * first event type that the webhook names, else of emailSend, or a journey's
 * call. out: what the receiver gets, or what its templates see, as bytes too:
 * an array of one for a webhook with batches. False with a fault; sample_fini
 * is safe after either. */
bool trial_message(const struct catalogue *catalogue, const struct webhook *w,
		   const json_t *request, struct sample *out,
		   struct fault *fault);

#endif
