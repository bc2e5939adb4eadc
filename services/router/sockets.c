/*
 * sockets - where a router listens, whom it lets in, and what a message leads
 * to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sockets.h"

#include "base/log.h"
#include "base/mem.h"
#include "dispatch.h"
#include "partition.h"
#include "router.h"

#define HWM 4096

static void on_sender_message(void *arg, struct pipe *pipe,
			      const struct slice *frames, size_t n)
{
	(void)pipe;
	dispatch_on_message(arg, frames, n);
}

/* [identity] [head with partition and number] [the entry] */
static void on_hint(void *arg, struct pipe *pipe, const struct slice *frames,
		    size_t n)
{
	struct router *r = arg;
	struct msg_head head;
	struct slice in;

	(void)pipe;
	if (n < 3) {
		(*r->m.malformed)++;
		return;
	}
	in = frames[n - 2];
	if (msg_decode_head(&in, &head, 0) != ERR_OK ||
	    head.type != MSG_event || head.partition >= r->n_partitions) {
		(*r->m.malformed)++;
		log_warn("malformed", "from=ingest type=hint");
		return;
	}
	follow_hint(r->partitions[head.partition], head.seq, frames[n - 1]);
}

/* Of one socket, what differs. */
struct listener {
	struct pipe **pipe;
	enum pipe_kind kind;
	pipe_message_fn *on_message;
	const struct keyring *ring;
	const char *bind;
	char *bound; /* of BOUND_SIZE */
};

static bool listen_at(struct router *r, const struct listener *l, char *error,
		      size_t size)
{
	const struct pipe_options options = {
	    .kind = l->kind,
	    .hwm = HWM,
	    .message_bytes_max = 64ll * 1024 * 1024,
	    .ring = l->ring,
	    .on_message = l->on_message,
	    .arg = r,
	};

	*l->pipe = pipe_open(r->pipes, r->loop, &options);
	if (pipe_bind(*l->pipe, l->bind, error, size) != ERR_OK)
		return false;
	slice_cstr(l->bound, BOUND_SIZE, slice_of(pipe_bound(*l->pipe)));
	log_info("listening", "endpoint=%s", l->bound);
	return true;
}

/* The services, and for the feed whoever else may read it. */
static const struct keyring *readers(const struct router *r,
				     const struct keyring *peers)
{
	const struct keyring_options options = {
	    .directories = {r->conf.curve_readers, r->common->curve_services},
	    .roles = {"reader", "service"}};
	const struct keyring *ring;

	if (r->conf.curve_readers[0] && !peers)
		fatal(2, "postrider-router: POSTRIDER_ROUTER_CURVE_READERS: "
			 "needs POSTRIDER_CURVE_SERVICES");
	ring = service_ring(r->run, "router_curve_readers", &options);
	return ring ? ring : peers;
}

bool sockets_open(struct router *r, char *error, size_t size)
{
	const struct keyring *peers = service_peers(r->run);
	const struct listener all[] = {
	    {&r->sender_pipe, PIPE_ROUTER, on_sender_message, peers,
	     r->conf.sender_bind, r->sender_endpoints},
	    {&r->ingest_pipe, PIPE_ROUTER, on_hint, peers, r->conf.ingest_bind,
	     r->ingest_endpoints},
	    {&r->feed_pipe, PIPE_XPUB, NULL, readers(r, peers),
	     r->conf.feed_bind, r->feed_endpoints},
	};

	r->pipes = pipe_context_new(service_curve(r->run));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!listen_at(r, &all[i], error, size))
			return false;
	return true;
}

void sockets_close(struct router *r)
{
	pipe_close(&r->feed_pipe, 0);
	pipe_close(&r->ingest_pipe, 0);
	pipe_close(&r->sender_pipe, 0);
	if (r->pipes)
		pipe_context_free(&r->pipes);
}
