/*
 * routers - the links to every live router.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "routers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"

#define LINKS_MAX 64
#define LINK_HWM 10000
#define LINGER_MS 500
#define TASKS_A_FRAME_MAX 65536
/* A frame of results leaves when it has so many, or when the turn ends. */
#define RESULTS_A_FRAME 32
#define RESULT_BYTES_MAX 2048
/* Of what answers bring, kept for a router that does not read. */
#define VALUES_PENDING 16
#define FRAME_BYTES_FULL (1024 * 1024)
#define MALFORMED_IN_A_ROW_MAX 3
/* Test sends of a console at a time; they take nothing away from routers. */
#define CONSOLE_ALLOWANCE 4

struct link {
	struct list node;
	struct routers *routers; /* borrowed */
	uint64_t id;
	uint64_t boot;
	char instance[INSTANCE_BYTES_MAX + 1];
	char target[PIPE_TARGET_SIZE];
	struct pipe *pipe;  /* owned */
	struct buf results; /* a frame under construction */
	size_t offset;	    /* of its count */
	size_t n_results;
	unsigned malformed_in_a_row;
	bool console; /* it only makes test sends */
	bool seen;    /* in the registry, at this look */
};

struct routers {
	struct routers_options options;
	struct pipe_context *context; /* owned */
	struct list links;
	size_t n;
	uint64_t boot; /* ours */
	uint64_t last_id;
};

static void send_frame(struct link *l, struct buf *frame)
{
	struct slice s = buf_slice(frame);

	if (pipe_send(l->pipe, &s, 1) != ERR_OK)
		log_warn("send_failed", "router=%s bytes=%zu", l->instance,
			 s.n);
}

static void send_hello(struct link *l)
{
	const struct routers *r = l->routers;
	struct msg_head head = msg_head(MSG_hello, 1);
	struct msg_hello hello = {
	    .service = SLICE_LIT("sender"),
	    .instance = slice_of(r->options.instance),
	    .boot = r->boot,
	    .minor = PROTO_MINOR,
	};
	struct buf frame;

	buf_init(&frame, 4096);
	msg_encode_head(&frame, &head);
	msg_encode_hello(&frame, &hello);
	send_frame(l, &frame);
	buf_fini(&frame);
}

static void send_credit(struct link *l, uint64_t allowance)
{
	struct msg_head head = msg_head(MSG_credit, 1);
	struct msg_credit credit = {.allowance = allowance};
	struct buf frame;

	buf_init(&frame, 4096);
	msg_encode_head(&frame, &head);
	msg_encode_credit(&frame, &credit);
	send_frame(l, &frame);
	buf_fini(&frame);
}

void routers_announce(struct routers *r, uint64_t allowance)
{
	LIST_FOREACH (node, &r->links) {
		struct link *l = container_of(node, struct link, node);

		/* The greeting each time: a router that has started anew, or
		 * believed us lost, does not know this socket. */
		send_hello(l);
		send_credit(l, l->console && allowance ? CONSOLE_ALLOWANCE
						       : allowance);
	}
}

static void malformed(struct link *l, const char *what)
{
	++*l->routers->options.malformed;
	l->malformed_in_a_row++;
	log_warn("malformed", "router=%s what=%s", l->instance, what);
}

static void take_tasks(struct link *l, struct slice in, uint64_t count)
{
	const struct routers_options *o = &l->routers->options;
	struct msg_task m;

	while (count-- > 0) {
		if (msg_decode_task(&in, &m) != ERR_OK) {
			malformed(l, "task");
			return;
		}
		o->on_task(o->arg, l->id, &m);
	}
	l->malformed_in_a_row = 0;
}

static void on_message(void *arg, struct pipe *pipe, const struct slice *frames,
		       size_t n)
{
	struct link *l = arg;
	struct slice in = frames[n - 1];
	struct msg_head head;

	(void)pipe;
	switch (msg_decode_head(&in, &head, TASKS_A_FRAME_MAX)) {
	case ERR_OK:
		break;
	case ERR_VERSION:
		malformed(l, "version");
		return;
	default:
		malformed(l, "head");
		return;
	}
	switch (head.type) {
	case MSG_task:
		take_tasks(l, in, head.count);
		break;
	case MSG_hello:
		break; /* the registry has told us all of it */
	default:
		malformed(l, msg_name(head.type));
	}
}

static struct link *link_new(struct routers *r, const struct process_info *p,
			     const char *target)
{
	struct link *l = xcalloc(1, sizeof(*l));
	/* No identity of our own: its router sees by another one that a
	 * connection is another, and that what was on its way in the last one
	 * may be lost. */
	struct pipe_options options = {
	    .kind = PIPE_DEALER,
	    .hwm = LINK_HWM,
	    .message_bytes_max = 64 * 1024 * 1024,
	    .on_message = on_message,
	    .arg = l,
	};

	l->routers = r;
	l->id = ++r->last_id;
	l->boot = p->boot;
	l->console = strcmp(p->service, "console") == 0;
	(void)slice_cstr(l->instance, sizeof(l->instance),
			 slice_of(p->instance));
	(void)slice_cstr(l->target, sizeof(l->target), slice_of(target));
	buf_init(&l->results, r->options.results_pending_max * 128 +
				  RESULTS_A_FRAME * RESULT_BYTES_MAX +
				  VALUES_PENDING * VALUES_BYTES_MAX +
				  CONSOLE_ALLOWANCE * TRACE_BYTES_MAX);
	l->pipe = pipe_open(r->context, r->options.loop, &options);
	return l;
}

static void link_free(struct link *l)
{
	if (l->n_results)
		*l->routers->options.results_dropped += l->n_results;
	pipe_close(&l->pipe, LINGER_MS);
	buf_fini(&l->results);
	free(l);
}

static void link_close(struct link *l, const char *why)
{
	log_info("router_gone", "router=%s why=%s", l->instance, why);
	list_remove(&l->node);
	l->routers->n -= !l->console;
	link_free(l);
}

static void link_open(struct routers *r, const struct process_info *p,
		      const char *target)
{
	struct link *l = link_new(r, p, target);
	char quoted[256];

	if (pipe_connect(l->pipe, target) != ERR_OK) {
		log_error("connect_failed", "router=%s endpoint=%s",
			  l->instance,
			  log_quote(quoted, sizeof(quoted), slice_of(target)));
		link_free(l);
		return;
	}
	l->seen = true;
	list_push(&r->links, &l->node);
	r->n += !l->console;
	log_info("router_found", "router=%s endpoint=%s", l->instance,
		 log_quote(quoted, sizeof(quoted), slice_of(target)));
}

struct routers *routers_new(const struct routers_options *options)
{
	struct routers *r = xcalloc(1, sizeof(*r));

	r->options = *options;
	r->context = pipe_context_new(options->curve);
	r->boot = wall_us();
	list_init(&r->links);
	return r;
}

void routers_free(struct routers **rp)
{
	struct routers *r = *rp;
	struct list *node;

	if (!r)
		return;
	routers_flush(r);
	while ((node = list_pop(&r->links)))
		link_free(container_of(node, struct link, node));
	pipe_context_free(&r->context);
	free(r);
	*rp = NULL;
}

static struct link *link_of(struct routers *r, const struct process_info *p)
{
	LIST_FOREACH (node, &r->links) {
		struct link *l = container_of(node, struct link, node);

		if (strcmp(l->instance, p->instance) == 0)
			return l;
	}
	return NULL;
}

/* The link leads where the router is. Whether another of its endpoints would be
 * the better one is asked only when it has started anew. */
static bool link_leads_to(const struct link *l, const struct process_info *p)
{
	char picked[PIPE_TARGET_SIZE];

	if (l->boot == p->boot)
		return registry_has_target(p, p->sender_endpoints, l->target);
	return registry_pick_target(p, p->sender_endpoints, picked) &&
	       strcmp(l->target, picked) == 0;
}

static void follow_one(struct routers *r, const struct process_info *p)
{
	struct link *l = link_of(r, p);
	char target[PIPE_TARGET_SIZE];

	if (l && l->malformed_in_a_row < MALFORMED_IN_A_ROW_MAX &&
	    link_leads_to(l, p)) {
		l->seen = true;
		if (l->boot != p->boot)
			log_info("router_restarted", "router=%s", l->instance);
		l->boot = p->boot;
		return;
	}
	if (l)
		link_close(l, "replaced");
	if (r->n < LINKS_MAX &&
	    registry_pick_target(p, p->sender_endpoints, target))
		link_open(r, p, target);
}

void routers_follow(struct routers *r, const struct registry *registry)
{
	const struct process_info *p;
	size_t pos = 0;

	LIST_FOREACH (node, &r->links) {
		container_of(node, struct link, node)->seen = false;
	}
	while ((p = registry_next(registry, &pos)))
		if (p->sender_endpoints && *p->sender_endpoints)
			follow_one(r, p);
	for (struct list *node = r->links.next; node != &r->links;) {
		struct link *l = container_of(node, struct link, node);

		node = node->next;
		if (!l->seen)
			link_close(l, "silent");
	}
}

size_t routers_count(const struct routers *r)
{
	return r->n;
}

static void link_flush(struct link *l)
{
	struct slice s;

	if (l->n_results == 0)
		return;
	msg_frame_finish(&l->results, l->offset, l->n_results);
	s = buf_slice(&l->results);
	/* At the high-water mark: the frame stays, grows, and is tried again.
	 */
	if (pipe_send(l->pipe, &s, 1) == ERR_AGAIN)
		return;
	buf_reset(&l->results);
	l->n_results = 0;
}

void routers_result(struct routers *r, uint64_t link,
		    const struct msg_result *result)
{
	struct link *l = NULL;

	LIST_FOREACH (node, &r->links) {
		l = container_of(node, struct link, node);
		if (l->id == link)
			break;
	}
	if (!l || l->id != link ||
	    l->results.n + RESULT_BYTES_MAX + result->trace.n +
		    result->earlier.n + result->values.n >
		l->results.max) {
		++*r->options.results_dropped;
		return;
	}
	if (l->n_results == 0)
		l->offset = msg_frame_start(&l->results, MSG_result, 0, 0);
	msg_encode_result(&l->results, result);
	if (++l->n_results % RESULTS_A_FRAME == 0 ||
	    l->results.n > FRAME_BYTES_FULL)
		link_flush(l);
}

void routers_flush(struct routers *r)
{
	LIST_FOREACH (node, &r->links) {
		link_flush(container_of(node, struct link, node));
	}
}

bool routers_flushed(const struct routers *r)
{
	LIST_FOREACH (node, &r->links) {
		if (container_of(node, struct link, node)->n_results > 0)
			return false;
	}
	return true;
}
