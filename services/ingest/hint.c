/*
 * hint - tells a partition's router of a new log entry.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hint.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "proto/message.h"

#define ROUTERS_MAX 256
#define HWM 1000
#define HEAD_BYTES_MAX 64

struct peer {
	struct pipe *pipe;
	char *target; /* owned */
	bool seen;
};

struct hints {
	struct pipe_context *context; /* borrowed */
	uv_loop_t *loop;
	struct table *peers; /* by instance; owned */
	uint64_t *sent, *dropped;
};

struct hints *hints_new(struct pipe_context *context, uv_loop_t *loop,
			struct metrics *metrics)
{
	struct hints *h = xcalloc(1, sizeof(*h));

	h->context = context;
	h->loop = loop;
	h->peers = table_new(ROUTERS_MAX);
	h->sent = metrics_counter(metrics, "ingest_hints_total", NULL,
				  "log entries passed to their router");
	h->dropped = metrics_counter(
	    metrics, "ingest_hints_dropped_total", NULL,
	    "log entries that their router has to read from Redis");
	return h;
}

static void peer_free(struct peer *p)
{
	pipe_close(&p->pipe, 0);
	free(p->target);
	free(p);
}

void hints_free(struct hints **hints)
{
	struct hints *h = *hints;
	size_t pos = 0;
	void *peer;

	if (!h)
		return;
	while (table_next(h->peers, &pos, NULL, &peer))
		peer_free(peer);
	table_free(&h->peers);
	free(h);
	*hints = NULL;
}

/* Routers do not answer here. */
static void on_message(void *arg, struct pipe *pipe, const struct slice *frames,
		       size_t n)
{
	(void)arg;
	(void)pipe;
	(void)frames;
	(void)n;
}

static void peer_add(struct hints *h, const struct process_info *info,
		     const char *target)
{
	const struct pipe_options options = {
	    .kind = PIPE_DEALER,
	    .hwm = HWM,
	    .on_message = on_message,
	};
	struct peer *p = xcalloc(1, sizeof(*p));

	p->pipe = pipe_open(h->context, h->loop, &options);
	p->target = xstrdup(target);
	p->seen = true;
	if (pipe_connect(p->pipe, target) != ERR_OK ||
	    table_put(h->peers, slice_of(info->instance), p) != ERR_OK) {
		log_warn("router_unreachable", "instance=%s", info->instance);
		peer_free(p);
		return;
	}
	log_info("router_found", "instance=%s", info->instance);
}

static void peer_look(struct hints *h, const struct process_info *info)
{
	char target[PIPE_TARGET_SIZE];
	struct peer *p = table_find(h->peers, slice_of(info->instance));

	if (!registry_pick_target(info, info->ingest_endpoints, target))
		return;
	if (p && strcmp(p->target, target) == 0) {
		p->seen = true;
		return;
	}
	if (p) {
		table_delete(h->peers, slice_of(info->instance));
		peer_free(p);
	}
	peer_add(h, info, target);
}

void hints_follow(struct hints *h, const struct registry *registry)
{
	const struct process_info *info;
	struct slice instance;
	size_t pos = 0;
	void *peer;

	while (table_next(h->peers, &pos, NULL, &peer))
		((struct peer *)peer)->seen = false;
	pos = 0;
	while ((info = registry_next(registry, &pos))) {
		if (info->ingest_endpoints && info->ingest_endpoints[0])
			peer_look(h, info);
	}
	pos = 0;
	while (table_next(h->peers, &pos, &instance, &peer)) {
		if (((struct peer *)peer)->seen)
			continue;
		log_info("router_gone", "instance=%.*s", SLICE_FMT(instance));
		table_delete(h->peers, instance);
		peer_free(peer);
	}
}

static bool send_to(struct peer *p, uint64_t partition, uint64_t seq,
		    char *frame, size_t n)
{
	struct msg_head head = msg_head(MSG_event, 0);
	struct slice first;
	struct buf b;
	enum err e;

	head.partition = partition;
	head.seq = seq;
	buf_init(&b, HEAD_BYTES_MAX);
	msg_encode_head(&b, &head);
	first = buf_slice(&b);
	e = pipe_send_owned(p->pipe, &first, 1, frame, n);
	buf_fini(&b);
	return e == ERR_OK;
}

void hints_send(struct hints *h, const struct registry *registry,
		uint64_t partition, uint64_t seq, char *frame, size_t n)
{
	const struct process_info *owner = registry_owner(registry, partition);
	struct peer *p = NULL;

	if (owner)
		p = table_find(h->peers, slice_of(owner->instance));
	if (p && send_to(p, partition, seq, frame, n)) {
		++*h->sent;
		return;
	}
	++*h->dropped;
	free(frame);
}
