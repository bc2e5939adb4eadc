/*
 * pipe_curve - CURVE on a pipe: keys before it binds or connects, answers to
 * libzmq's questions, and what becomes of handshakes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The handler of ZAP is a pipe of the context itself, on the loop: CZMQ's zauth
 * would be a thread of its own, which knows nothing of what changes here.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "curve/curve_socket.h"
#include "io/pipe_private.h"
#include "io/zap.h"
#include "net/endpoint.h"

#define RETRY_MS 1000
#define TELL_EVERY_MS 10000
#define QUESTIONS_HWM 10000
/* Of ipc://, where whoever reaches the file is let in. */
#define DOMAIN_PLAIN "-"

/* Keys. */

static void set_domain(struct pipe *p, const char *domain)
{
	must(zmq_setsockopt(p->socket, ZMQ_ZAP_DOMAIN, domain,
			    strlen(domain)) == 0);
	p->asks = true;
}

/* The mechanism of what follows is NULL. Once it has asked, libzmq does not
 * stop to ask. */
static void set_plain(struct pipe *p)
{
	if (p->asks)
		set_domain(p, DOMAIN_PLAIN);
	pipe_set_int(p, ZMQ_CURVE_SERVER, 0);
}

enum err pipe_curve_call(struct pipe *p, const char *endpoint,
			 const char *server_key)
{
	const struct curve *curve = p->context->curve;
	const char *why = NULL;
	char key[CURVE_TEXT_SIZE], quoted[200];

	if (!curve)
		why = "it has CURVE, and POSTRIDER_CURVE_KEY is not set here";
	else if (server_key[0] && !curve_key_parse(key, slice_of(server_key)))
		why = "its public key is no key";
	else if (!server_key[0] && !curve_plaintext_ok(curve) &&
		 !endpoint_is_local(slice_of(endpoint)))
		why = "it has no CURVE, and POSTRIDER_PLAINTEXT_OK is not set";
	if (why) {
		log_warn("curve_not_used", "endpoint=%s reason=\"%s\"",
			 log_quote(quoted, sizeof(quoted), slice_of(endpoint)),
			 why);
		return ERR_REFUSED;
	}
	set_plain(p);
	if (server_key[0]) {
		curve_socket_show(p->socket, curve_own(curve));
		curve_socket_expect(p->socket, server_key);
	}
	return ERR_OK;
}

/* Questions of libzmq. */

static const struct keyring *ring_of(const struct pipe_context *c,
				     struct slice domain)
{
	uint64_t i;

	return slice_parse_u64(domain, &i) && i < c->n_rings ? c->rings[i]
							     : NULL;
}

static bool decide(const struct pipe_context *c, const struct zap_request *r)
{
	const struct keyring *ring = ring_of(c, r->domain);
	char address[64];

	if (slice_eq_str(r->domain, DOMAIN_PLAIN))
		return !r->key[0];
	if (ring && r->key[0] && keyring_find(ring, slice_of(r->key)))
		return true;
	curve_count_refusal(c->curve);
	log_warn("curve_refused", "address=%s key=\"%s\"",
		 log_quote(address, sizeof(address), r->address), r->key);
	return false;
}

/* [peer] [] [version] [request id] … */
static void on_question(void *arg, struct pipe *pipe,
			const struct slice *frames, size_t n)
{
	struct pipe_context *c = arg;
	struct slice answer[1 + ZAP_FRAMES_MAX];
	struct zap_request r;
	size_t count;

	if (n < 2 || !zap_read(&r, frames + 2, n - 2))
		return;
	answer[0] = frames[0];
	count = zap_answer(&r, decide(c, &r), answer + 1);
	/* Whoever has gone meanwhile needs no answer. */
	if (pipe_send(pipe, answer, 1 + count) != ERR_OK)
		log_debug("curve_answer", "%s", "reason=gone");
}

static void answer_questions(struct pipe_context *c, uv_loop_t *loop)
{
	const struct pipe_options options = {
	    .kind = PIPE_ROUTER,
	    .hwm = QUESTIONS_HWM,
	    .on_message = on_question,
	    .arg = c,
	};
	char error[200];

	if (c->zap)
		return;
	c->zap = pipe_open(c, loop, &options);
	must(pipe_bind(c->zap, ZAP_ENDPOINT, error, sizeof(error)) == ERR_OK);
}

void pipe_curve_stop(struct pipe_context *c)
{
	pipe_close(&c->zap, 0);
}

static size_t domain_of(struct pipe_context *c, const struct keyring *ring)
{
	for (size_t i = 0; i < c->n_rings; i++)
		if (c->rings[i] == ring)
			return i;
	must(c->n_rings < CURVE_RINGS_MAX);
	c->rings[c->n_rings] = ring;
	return c->n_rings++;
}

void pipe_curve_serve(struct pipe *p, bool secure)
{
	char domain[8];

	set_plain(p);
	if (!secure)
		return;
	/* Before the bind: where nobody answers, libzmq lets everybody in. */
	answer_questions(p->context, p->loop);
	curve_socket_show(p->socket, curve_own(p->context->curve));
	pipe_set_int(p, ZMQ_CURVE_SERVER, 1);
	(void)snprintf(domain, sizeof(domain), "%zu",
		       domain_of(p->context, p->o.ring));
	set_domain(p, domain);
}

/* Handshakes that fail. */

static void tell_failure(struct pipe *p, const struct curve_socket_event *e,
			 struct slice endpoint)
{
	uint64_t now = now_ms();
	char quoted[200];

	if (p->told_ms && now - p->told_ms < TELL_EVERY_MS)
		return;
	p->told_ms = now;
	log_warn("handshake_failed", "endpoint=%s reason=\"%s\"",
		 log_quote(quoted, sizeof(quoted), endpoint),
		 curve_socket_explain(e));
}

static void on_retry(uv_timer_t *timer)
{
	struct pipe *p = timer->data;
	char *target = p->target;

	p->target = NULL;
	pipe_disconnect(p, target);
	if (pipe_connect(p, target) != ERR_OK)
		uv_timer_start(timer, on_retry, RETRY_MS, 0);
	if (!p->target)
		p->target = target;
	else
		free(target);
}

/* [event, value] [endpoint] */
static void on_event(void *arg, struct pipe *monitor,
		     const struct slice *frames, size_t n)
{
	struct pipe *p = arg;
	struct curve_socket_event e;

	(void)monitor;
	if (n != 2 || !curve_socket_event_read(&e, frames[0]))
		return;
	/* To a server a connection that ends says nothing: it may have been a
	 * look at the port. And whom it refuses it has said before. */
	if (!p->target && (e.event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ||
			   e.event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH))
		return;
	tell_failure(p, &e, frames[1]);
	/* libzmq gives such a connection up for good; but the server may come
	 * to know our key, or get CURVE itself. */
	if (p->target && e.event != ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL &&
	    !uv_is_active((const uv_handle_t *)&p->retry))
		uv_timer_start(&p->retry, on_retry, RETRY_MS, 0);
}

void pipe_watch(struct pipe *p)
{
	const struct pipe_options options = {
	    .kind = PIPE_PAIR,
	    .hwm = 1,
	    .on_message = on_event,
	    .arg = p,
	};
	char name[64];

	if (p->monitor)
		return;
	(void)snprintf(name, sizeof(name), "inproc://monitor-%llu",
		       (unsigned long long)++p->context->monitors);
	must(zmq_socket_monitor(p->socket, name, CURVE_SOCKET_FAILURES) == 0);
	p->monitor = pipe_open(p->context, p->loop, &options);
	must(pipe_connect(p->monitor, name) == ERR_OK);
}

/* libzmq's thread waits for ever for who does not listen any more, and a socket
 * that lingers still has something to tell: so the telling ends first. */
void pipe_watch_stop(struct pipe *p)
{
	if (p->monitor)
		must(zmq_socket_monitor(p->socket, NULL, 0) == 0);
	pipe_close(&p->monitor, 0);
}
