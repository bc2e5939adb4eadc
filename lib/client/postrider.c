/*
 * postrider - a connection that publishes batches and hears what became of
 * them. SPDX-License-Identifier: Apache-2.0
 *
 * A DEALER; each batch carries its number in a frame of its own, which comes
 * back with the answer. ZMQ_IMMEDIATE is set, so that ZeroMQ drops what it had
 * queued when a connection breaks, and what must be sent again is decided here
 * alone. Owns the socket, its monitor and copies of the bodies under way.
 */
#include "client/postrider.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/mem.h"
#include "client/link.h"
#include "client/reply.h"
#include "curve/certificate.h"

#define REPLACE_MS 50	/* a link lives so long at least */
#define REFUSED_MS 1000 /* the same, where the other side does not want us */
#define IN_FLIGHT_MAX 1024
#define BUSY_MS_MIN 10

enum batch_state {
	BATCH_FREE,
	BATCH_QUEUED,  /* to be sent as soon as the socket takes it */
	BATCH_SENT,    /* an answer is due; due_ms: then send again */
	BATCH_WAITING, /* was refused as busy; due_ms: then send again */
};

struct batch {
	enum batch_state state;
	uint64_t number;
	void *tag;  /* borrowed, never looked at */
	char *body; /* owned */
	size_t bytes;
	unsigned sends;
	bool unanswered; /* a send of it may have been taken */
	uint64_t due_ms, connect_ms, give_up_ms;
};

struct postrider {
	void *context; /* owned */
	struct link_target target;
	struct link link;
	struct postrider_options o;
	uint64_t last_number;
	struct batch *batches; /* o.in_flight_max slots, owned */
	size_t in_flight;
	size_t queued;	/* of them, in state BATCH_QUEUED */
	bool was_there; /* something has been handed over */
	bool told;	/* of an outcome */
};

bool postrider_certificate(const char *path,
			   char public_key[POSTRIDER_KEY_SIZE],
			   char secret_key[POSTRIDER_KEY_SIZE],
			   const char **fault)
{
	struct certificate c;
	const char *why = NULL;
	bool ok = certificate_read(&c, path, &why) == ERR_OK;

	if (public_key)
		memcpy(public_key, c.keys.public_key, POSTRIDER_KEY_SIZE);
	if (secret_key)
		memcpy(secret_key, c.keys.secret_key, POSTRIDER_KEY_SIZE);
	certificate_wipe(&c);
	if (fault)
		*fault = why;
	return ok;
}

/* Takes over what the options only lend. False: a key is none. */
static bool take_target(struct postrider *p)
{
	struct postrider_options *o = &p->o;
	bool ok = !o->server_key == !o->secret_key;

	p->target.endpoint =
	    xstrdup(o->endpoint ? o->endpoint : "tcp://127.0.0.1:5570");
	if (ok && o->server_key)
		ok = curve_key_parse(p->target.server_key,
				     slice_of(o->server_key)) &&
		     curve_pair_of_secret(&p->target.own,
					  slice_of(o->secret_key));
	o->endpoint = o->server_key = o->secret_key = NULL;
	return ok;
}

static bool open_link(struct postrider *p)
{
	p->context = zmq_ctx_new();
	return p->context && link_open(&p->link, p->context, &p->target);
}

struct postrider *postrider_open(const struct postrider_options *options)
{
	struct postrider *p = xcalloc(1, sizeof(*p));
	bool ok;

	if (options)
		p->o = *options;
	ok = take_target(p);
	if (!p->o.give_up_ms)
		p->o.give_up_ms = 30000;
	if (!p->o.connect_ms)
		p->o.connect_ms = p->o.give_up_ms;
	if (!p->o.resend_ms)
		p->o.resend_ms = 10000;
	if (!p->o.in_flight_max)
		p->o.in_flight_max = 32;
	if (p->o.in_flight_max > IN_FLIGHT_MAX)
		p->o.in_flight_max = IN_FLIGHT_MAX;
	p->batches = xcalloc(p->o.in_flight_max, sizeof(*p->batches));
	errno = EINVAL;
	if (!ok || !open_link(p)) {
		int cause = errno;

		postrider_close(&p);
		errno = cause;
	}
	return p;
}

void postrider_close(struct postrider **pp)
{
	struct postrider *p = *pp;

	if (!p)
		return;
	link_close(&p->link);
	if (p->context)
		zmq_ctx_term(p->context);
	for (size_t i = 0; i < p->o.in_flight_max; i++)
		free(p->batches[i].body);
	free(p->batches);
	free(p->target.endpoint);
	curve_pair_wipe(&p->target.own);
	free(p);
	*pp = NULL;
}

static void set_state(struct postrider *p, struct batch *b,
		      enum batch_state state)
{
	p->queued += state == BATCH_QUEUED;
	p->queued -= b->state == BATCH_QUEUED;
	b->state = state;
}

static void release(struct postrider *p, struct batch *b)
{
	set_state(p, b, BATCH_FREE);
	free(b->body);
	*b = (struct batch){0};
	p->in_flight--;
}

/* False when the socket takes nothing at the moment. */
static bool send_batch(struct postrider *p, struct batch *b)
{
	if (zmq_send(p->link.socket, &b->number, sizeof(b->number),
		     ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
		return false;
	/* No room for the second: ZeroMQ has taken the first one back. */
	if (zmq_send(p->link.socket, b->body, b->bytes, ZMQ_DONTWAIT) < 0)
		return false;
	p->was_there = true;
	b->sends++;
	b->unanswered = true;
	b->due_ms = now_ms() + p->o.resend_ms;
	set_state(p, b, BATCH_SENT);
	return true;
}

static void send_queued(struct postrider *p)
{
	if (!p->link.connected)
		return;
	for (size_t i = 0; p->queued && i < p->o.in_flight_max; i++) {
		struct batch *b = &p->batches[i];

		if (b->state == BATCH_QUEUED && !send_batch(p, b))
			return;
	}
}

static struct batch *find_state(struct postrider *p, enum batch_state state)
{
	for (size_t i = 0; i < p->o.in_flight_max; i++)
		if (p->batches[i].state == state)
			return &p->batches[i];
	return NULL;
}

enum postrider_status postrider_submit(struct postrider *p, const void *body,
				       size_t bytes, void *tag, uint64_t *batch)
{
	struct batch *b;

	if (!body || !bytes || bytes > POSTRIDER_BODY_BYTES_MAX)
		return POSTRIDER_INVALID;
	b = find_state(p, BATCH_FREE);
	if (!b)
		return POSTRIDER_FULL;
	b->number = ++p->last_number;
	b->tag = tag;
	b->body = xmalloc(bytes);
	memcpy(b->body, body, bytes);
	b->bytes = bytes;
	b->give_up_ms = now_ms() + p->o.give_up_ms;
	b->connect_ms = now_ms() + p->o.connect_ms;
	set_state(p, b, BATCH_QUEUED);
	p->in_flight++;
	send_queued(p);
	if (batch)
		*batch = b->number;
	return POSTRIDER_OK;
}

/* The batch ends; the result has its status and what the answer said. */
static void end_batch(struct postrider *p, struct batch *b,
		      struct postrider_result *r)
{
	r->batch = b->number;
	r->tag = b->tag;
	r->sends = b->sends;
	release(p, b);
}

static void end_without_answer(struct postrider *p, struct batch *b,
			       struct postrider_result *r)
{
	*r = (struct postrider_result){.index = -1};
	if (b->unanswered)
		r->status = POSTRIDER_UNKNOWN;
	else if (b->state == BATCH_WAITING || b->sends)
		r->status = POSTRIDER_REFUSED;
	else
		r->status = POSTRIDER_UNREACHABLE;
	if (r->status == POSTRIDER_REFUSED) {
		(void)slice_cstr(r->code, sizeof(r->code), slice_of("busy"));
		(void)slice_cstr(r->message, sizeof(r->message),
				 slice_of("busy until the time was up"));
	} else {
		const char *refusal = p->link.refusal;

		(void)snprintf(r->message, sizeof(r->message), "%s%s%s",
			       postrider_status_text(r->status),
			       refusal ? ": " : "", refusal ? refusal : "");
	}
	end_batch(p, b, r);
}

/* The connection broke: what was sent over it may be lost, or done. */
static void on_disconnect(struct postrider *p)
{
	for (size_t i = 0; i < p->o.in_flight_max; i++) {
		struct batch *b = &p->batches[i];

		if (b->state != BATCH_SENT)
			continue;
		if (p->o.resend == POSTRIDER_RESEND_BUSY)
			b->give_up_ms = 0;
		else
			set_state(p, b, BATCH_QUEUED);
	}
}

/* What the old socket still has queued goes with it. */
static void replace_link(struct postrider *p, uint64_t *next_ms)
{
	uint64_t rest_ms = p->link.refusal ? REFUSED_MS : REPLACE_MS;
	uint64_t due_ms = p->link.opened_ms + rest_ms, now = now_ms();
	struct link fresh;

	if (!p->link.broken)
		return;
	if (now < due_ms || !link_open(&fresh, p->context, &p->target)) {
		due_ms = now < due_ms ? due_ms : now + rest_ms;
		*next_ms = due_ms < *next_ms ? due_ms : *next_ms;
		return;
	}
	fresh.refusal = p->link.refusal; /* until it is another */
	link_close(&p->link);
	p->link = fresh;
	on_disconnect(p);
}

/* Looks at every batch's times. True: one has ended, and r is filled in.
 * *next_ms becomes the earliest time at which to look again. */
static bool look_at_times(struct postrider *p, uint64_t *next_ms,
			  struct postrider_result *r)
{
	uint64_t now = now_ms();

	for (size_t i = 0; i < p->o.in_flight_max; i++) {
		struct batch *b = &p->batches[i];
		uint64_t end = p->was_there || b->give_up_ms < b->connect_ms
				   ? b->give_up_ms
				   : b->connect_ms;
		bool again = b->state == BATCH_WAITING ||
			     (b->state == BATCH_SENT &&
			      p->o.resend == POSTRIDER_RESEND_ALL);

		if (b->state == BATCH_FREE)
			continue;
		if (now >= end) {
			end_without_answer(p, b, r);
			return true;
		}
		if (again && now >= b->due_ms)
			set_state(p, b, BATCH_QUEUED);
		else if (again && b->due_ms < *next_ms)
			*next_ms = b->due_ms;
		if (end < *next_ms)
			*next_ms = end;
	}
	return false;
}

static struct batch *find_number(struct postrider *p, struct slice frame)
{
	uint64_t number;

	if (frame.n != sizeof(number))
		return NULL;
	memcpy(&number, frame.p, sizeof(number));
	for (size_t i = 0; i < p->o.in_flight_max; i++)
		if (p->batches[i].state != BATCH_FREE &&
		    p->batches[i].number == number)
			return &p->batches[i];
	return NULL;
}

/* What is no answer to a batch under way, with the number of one that was. */
static void tell_outcome(struct postrider *p, struct slice number,
			 struct slice body)
{
	uint64_t n;

	if (!p->o.on_outcome || number.n != sizeof(n))
		return;
	memcpy(&n, number.p, sizeof(n));
	p->told = true;
	p->o.on_outcome(p->o.arg, n, body.p, body.n);
}

/* True: the answer ends its batch, and r is filled in. */
static bool on_answer(struct postrider *p, struct slice number,
		      struct slice body, struct postrider_result *r)
{
	struct batch *b = find_number(p, number);

	*r = (struct postrider_result){0};
	if (!b || reply_decode(body, r) != ERR_OK) {
		tell_outcome(p, number, body);
		return false;
	}
	if (r->status == POSTRIDER_REFUSED && strcmp(r->code, "busy") == 0) {
		b->unanswered = false;
		b->due_ms = now_ms() + (r->retry_after_ms > BUSY_MS_MIN
					    ? r->retry_after_ms
					    : BUSY_MS_MIN);
		set_state(p, b, BATCH_WAITING);
		return false;
	}
	end_batch(p, b, r);
	return true;
}

/* One message of the socket. False: there is none. */
static bool receive(struct postrider *p, struct postrider_result *r,
		    bool *ended)
{
	zmq_msg_t frames[2];
	size_t n = 0;
	int more = 1;

	*ended = false;
	for (; more; n++) {
		zmq_msg_t *m = &frames[n < 1 ? 0 : 1];

		if (n > 1)
			zmq_msg_close(m);
		zmq_msg_init(m);
		if (zmq_msg_recv(m, p->link.socket, ZMQ_DONTWAIT) < 0) {
			zmq_msg_close(m);
			return false;
		}
		more = zmq_msg_more(m);
	}
	if (n == 2)
		*ended = on_answer(p,
				   slice_bytes(zmq_msg_data(&frames[0]),
					       zmq_msg_size(&frames[0])),
				   slice_bytes(zmq_msg_data(&frames[1]),
					       zmq_msg_size(&frames[1])),
				   r);
	zmq_msg_close(&frames[0]);
	if (n > 1)
		zmq_msg_close(&frames[1]);
	return true;
}

/* Everything that can be done now. True: a batch has ended. */
static bool drive(struct postrider *p, uint64_t *next_ms,
		  struct postrider_result *r)
{
	bool ended;

	link_look(&p->link);
	/* Answers first, also those that came before the connection broke: what
	 * has been answered need not be sent again. */
	while (receive(p, r, &ended))
		if (ended)
			return true;
	replace_link(p, next_ms);
	if (look_at_times(p, next_ms, r))
		return true;
	send_queued(p);
	return false;
}

static void wait_for_sockets(struct postrider *p, uint64_t until_ms)
{
	uint64_t now = now_ms();
	uint64_t ms = until_ms > now ? until_ms - now : 0;
	short events = p->queued && p->link.connected ? ZMQ_POLLIN | ZMQ_POLLOUT
						      : ZMQ_POLLIN;
	zmq_pollitem_t items[] = {
	    {.socket = p->link.socket, .events = events},
	    {.socket = p->link.monitor, .events = ZMQ_POLLIN},
	};

	zmq_poll(items, 2, ms > 60000 ? 60000 : (long)ms);
}

enum postrider_status postrider_wait(struct postrider *p, int timeout_ms,
				     struct postrider_result *r)
{
	uint64_t end_ms =
	    timeout_ms < 0 ? UINT64_MAX : now_ms() + (uint64_t)timeout_ms;

	while (p->in_flight) {
		uint64_t next_ms = end_ms;

		if (drive(p, &next_ms, r))
			return r->status;
		if (now_ms() >= end_ms)
			break;
		wait_for_sockets(p, next_ms);
	}
	return POSTRIDER_NOTHING;
}

enum postrider_status postrider_publish(struct postrider *p, const void *body,
					size_t bytes,
					struct postrider_result *r)
{
	enum postrider_status s = POSTRIDER_FULL;

	if (!p->in_flight)
		s = postrider_submit(p, body, bytes, NULL, NULL);
	if (s == POSTRIDER_OK)
		return postrider_wait(p, -1, r);
	*r = (struct postrider_result){.status = s, .index = -1};
	(void)slice_cstr(r->message, sizeof(r->message),
			 slice_of(postrider_status_text(s)));
	return s;
}

bool postrider_listen(struct postrider *p, int timeout_ms)
{
	uint64_t end_ms =
	    now_ms() + (timeout_ms > 0 ? (uint64_t)timeout_ms : 0);
	struct postrider_result r;

	p->told = false;
	while (!p->in_flight && !p->told) {
		uint64_t next_ms = end_ms;

		(void)drive(p, &next_ms, &r);
		if (p->told || now_ms() >= end_ms)
			break;
		wait_for_sockets(p, next_ms);
	}
	return p->told;
}

size_t postrider_in_flight(const struct postrider *p)
{
	return p->in_flight;
}
