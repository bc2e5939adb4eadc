/*
 * dial - where a transfer may begin to connect to.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Without a proxy libcurl looks names up, and every address is checked when its
 * socket is opened: then there is nothing to do here. With one, the name is
 * looked up and checked here, and the transfer is told an address.
 */
#ifndef CURL_DIAL_H
#define CURL_DIAL_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "curl/transport.h"

struct dialer;

/* A transfer that had to wait may be started, or t->fault says why not. */
typedef void dial_done_fn(void *arg, struct transport *t);

/* options are borrowed. */
struct dialer *dialer_new(uv_loop_t *loop,
			  const struct transport_options *options,
			  dial_done_fn *on_done, void *arg);
/* No transfer may wait any more. Memory of look-ups is freed by the loop: run
 * it once more. */
void dialer_free(struct dialer **d);

/*
 * To be asked before each transport_start(). True: it may be started, or
 * t->fault says why not. False: it waits for its name, and on_done is called
 * once, later; at is borrowed until then. transport_fini() ends the waiting.
 * attempt: 1 is the first; each goes to the next of the name's addresses.
 */
bool dialer_ask(struct dialer *d, struct transport *t,
		const struct url_parts *at, uint64_t attempt);
/* To be called now and then: gives up what has waited too long. */
void dialer_trim(struct dialer *d);

#endif
