/*
 * note - attempts, as they are listed in Redis and told on the feed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "note.h"

#include "base/log.h"
#include "feed.h"
#include "parcel.h"
#include "router.h"

void note_attempt(struct partition *p, const struct delivery *d,
		  const struct noted *noted)
{
	const struct msg_result *r = noted->result;
	const struct event *e = d->event;
	const struct msg_attempt a = {
	    .delivery = ulid_slice(&d->id),
	    .event = ulid_slice(&e->id),
	    .webhook = ulid_slice(&d->lane->id),
	    .project = e->project,
	    .event_name = e->name,
	    .attempt = noted->number,
	    .outcome = noted->outcome,
	    .status = r->status,
	    .created_ms = e->created_ms,
	    .started_ms = r->started_ms,
	    .wait_us = r->wait_us,
	    .connect_us = r->connect_us,
	    .answer_us = r->answer_us,
	    .total_us = r->total_us,
	    .next_ms = noted->next_ms,
	    .error = r->error,
	    .snippet = r->snippet,
	};

	ops_attempt(&p->pending, &a);
	feed_attempt(p->router->feed_pipe, &a);
	router_arm_flush(p->router);
}

static bool read_earlier(struct slice in, struct msg_result *out)
{
	struct msg_head head;

	return msg_decode_head(&in, &head, 1) == ERR_OK &&
	       head.type == MSG_result && msg_decode_result(&in, out) == ERR_OK;
}

void note_earlier(struct partition *p, struct delivery *d,
		  const struct msg_result *result)
{
	struct msg_result earlier;
	struct noted noted = {.result = &earlier, .outcome = OUTCOME_retry};

	if (result->earlier.n == 0)
		return;
	if (!read_earlier(result->earlier, &earlier)) {
		(*p->router->m.malformed)++;
		log_warn("malformed", "from=sender type=earlier");
		return;
	}
	/* It ended with the next one. */
	noted.next_ms = earlier.started_ms + earlier.total_us / 1000;
	for (uint32_t i = 0; i < parcel_size(d); i++) {
		noted.number = parcel_at(d, i)->tries + 1;
		note_attempt(p, parcel_at(d, i), &noted);
	}
}
