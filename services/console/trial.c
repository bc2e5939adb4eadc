/*
 * trial - test sends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "console.h"
#include "proto/message.h"
#include "trial_message.h"
#include "trial_view.h"

#define PEERS_MAX 1024
#define UNDER_WAY_MAX 16
#define MESSAGE_BYTES_MAX (8 * 1024 * 1024)
#define HWM 256
#define RESULTS_MAX 64
#define PEER_SILENT_MS 5000
/* Beyond the webhook's own time-out: the queue, the way there and back. */
#define GRACE_MS 5000
/* How long a sender waits for an access token. */
#define TOKEN_MS 5000
#define TICK_MS 250

/* A sender. */
struct peer {
	struct list node;
	char identity[256];
	size_t n;
	uint64_t allowance, outstanding, seen_ms;
};

/* A test send under way. */
struct trial {
	struct list node;
	struct call *call; /* borrowed; it waits for this */
	uint64_t number, by_ms;
	char identity[256]; /* of the sender that has it */
	size_t n;
	struct ulid id;	      /* what the receiver gets as webhook-id */
	struct sample sample; /* what is sent, or what it is made of */
};

struct trials {
	struct console *console;
	struct pipe_context *context;
	struct pipe *pipe;
	char endpoints[ENDPOINT_BYTES_MAX + 1];
	struct list peers, under_way;
	size_t n_peers, n;
	uint64_t last;
	uv_timer_t *timer; /* freed by its close callback */
};

/* ---- senders ---- */

static struct peer *peer_of(struct trials *t, const char *identity, size_t n)
{
	LIST_FOREACH (node, &t->peers) {
		struct peer *p = container_of(node, struct peer, node);

		if (p->n == n && memcmp(p->identity, identity, n) == 0)
			return p;
	}
	return NULL;
}

static void peer_drop(struct trials *t, struct peer *p)
{
	list_remove(&p->node);
	t->n_peers--;
	free(p);
}

static void on_credit(struct trials *t, struct slice identity, struct slice in)
{
	struct peer *p = peer_of(t, identity.p, identity.n);
	struct msg_credit m;

	if (msg_decode_credit(&in, &m) != ERR_OK ||
	    identity.n > sizeof(p->identity))
		return;
	if (!p && t->n_peers < PEERS_MAX) {
		p = xcalloc(1, sizeof(*p));
		memcpy(p->identity, identity.p, identity.n);
		p->n = identity.n;
		list_push(&t->peers, &p->node);
		t->n_peers++;
	}
	if (!p)
		return;
	p->allowance = m.allowance;
	p->seen_ms = now_ms();
}

static struct peer *choose(struct trials *t)
{
	struct peer *best = NULL;

	LIST_FOREACH (node, &t->peers) {
		struct peer *p = container_of(node, struct peer, node);

		if (p->outstanding < p->allowance &&
		    (!best || p->outstanding < best->outstanding))
			best = p;
	}
	return best;
}

/* ---- ends ---- */

static void trial_end(struct trials *t, struct trial *trial)
{
	struct peer *p = peer_of(t, trial->identity, trial->n);

	if (p && p->outstanding > 0)
		p->outstanding--;
	list_remove(&trial->node);
	t->n--;
	sample_fini(&trial->sample);
	free(trial);
}

static struct trial *trial_of(struct trials *t, uint64_t number)
{
	LIST_FOREACH (node, &t->under_way) {
		struct trial *trial = container_of(node, struct trial, node);

		if (trial->number == number)
			return trial;
	}
	return NULL;
}

static void on_results(struct trials *t, struct slice in, uint64_t count)
{
	struct msg_result m;
	struct trial *trial;

	while (count-- > 0 && msg_decode_result(&in, &m) == ERR_OK) {
		trial = trial_of(t, m.task);
		if (!trial)
			continue;
		if (m.outcome == OUTCOME_not_started)
			call_problem(trial->call, 503, "unavailable", NULL,
				     "the sender had no room or is ending");
		else
			call_json(trial->call, 200,
				  trial_view(&trial->id, &trial->sample, &m));
		trial_end(t, trial);
	}
}

static void on_message(void *arg, struct pipe *pipe, const struct slice *frames,
		       size_t n)
{
	struct trials *t = arg;
	struct msg_head head;
	struct slice in;

	(void)pipe;
	if (n < 2)
		return;
	in = frames[n - 1];
	if (msg_decode_head(&in, &head, RESULTS_MAX) != ERR_OK) {
		log_warn("malformed", "from=sender type=head");
		return;
	}
	if (head.type == MSG_credit)
		on_credit(t, frames[0], in);
	else if (head.type == MSG_result)
		on_results(t, in, head.count);
}

static void on_tick(uv_timer_t *timer)
{
	struct trials *t = timer->data;
	uint64_t now = now_ms();
	struct list *node, *next;

	for (node = t->under_way.next; node != &t->under_way; node = next) {
		struct trial *trial = container_of(node, struct trial, node);

		next = node->next;
		if (now < trial->by_ms)
			continue;
		call_problem(trial->call, 504, "timeout", NULL,
			     "the sender has not said what came of it");
		trial_end(t, trial);
	}
	for (node = t->peers.next; node != &t->peers; node = next) {
		struct peer *p = container_of(node, struct peer, node);

		next = node->next;
		if (now - p->seen_ms > PEER_SILENT_MS)
			peer_drop(t, p);
	}
}

/* ---- start and stop ---- */

struct trials *trials_new(struct console *c, char *error, size_t error_size)
{
	struct trials *t = xcalloc(1, sizeof(*t));
	const struct pipe_options options = {
	    .kind = PIPE_ROUTER,
	    .hwm = HWM,
	    .message_bytes_max = MESSAGE_BYTES_MAX,
	    .ring = service_peers(c->run),
	    .on_message = on_message,
	    .arg = t,
	};
	uv_loop_t *loop = service_loop(c->run);

	t->console = c;
	list_init(&t->peers);
	list_init(&t->under_way);
	t->context = pipe_context_new(service_curve(c->run));
	t->pipe = pipe_open(t->context, loop, &options);
	t->timer = xcalloc(1, sizeof(*t->timer));
	t->timer->data = t;
	must(uv_timer_init(loop, t->timer) == 0);
	must(uv_timer_start(t->timer, on_tick, TICK_MS, TICK_MS) == 0);
	if (pipe_bind(t->pipe, c->sender_bind, error, error_size) != ERR_OK) {
		trials_free(&t);
		return NULL;
	}
	slice_cstr(t->endpoints, sizeof(t->endpoints),
		   slice_of(pipe_bound(t->pipe)));
	log_info("listening", "endpoint=%s", t->endpoints);
	return t;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void trials_free(struct trials **tp)
{
	struct trials *t = *tp;
	struct list *node;

	if (!t)
		return;
	while ((node = list_first(&t->under_way))) {
		struct trial *trial = container_of(node, struct trial, node);

		call_problem(trial->call, 503, "unavailable", NULL,
			     "the console is ending");
		trial_end(t, trial);
	}
	while ((node = list_first(&t->peers)))
		peer_drop(t, container_of(node, struct peer, node));
	uv_close((uv_handle_t *)t->timer, on_closed);
	pipe_close(&t->pipe, 0);
	pipe_context_free(&t->context);
	free(t);
	*tp = NULL;
}

const char *trials_endpoints(const struct trials *t)
{
	return t->endpoints;
}

/* ---- the request ---- */

static bool send_task(struct trials *t, const struct trial *trial,
		      const struct webhook *w)
{
	const struct slice identity = slice_bytes(trial->identity, trial->n);
	struct msg_task m = {
	    .task = trial->number,
	    .event = ulid_slice(&trial->id),
	    .webhook = ulid_slice(&w->id),
	    .version = w->version,
	    .attempt = 1,
	    .body = slice_of(trial->sample.body),
	    .flags = TASK_TRACE,
	    .tile = trial->sample.tile,
	    .params = slice_of(trial->sample.params),
	    .stored = slice_of(trial->sample.stored),
	};
	struct slice frames[2] = {identity};
	struct buf frame;
	size_t at;
	bool ok;

	buf_init(&frame, MESSAGE_BYTES_MAX);
	at = msg_frame_start(&frame, MSG_task, 0, 0);
	msg_encode_task(&frame, &m);
	msg_frame_finish(&frame, at, 1);
	frames[1] = buf_slice(&frame);
	ok = !buf_full(&frame) && pipe_send(t->pipe, frames, 2) == ERR_OK;
	buf_fini(&frame);
	return ok;
}

/* A token that is refused makes for a second one, and a second request. */
static uint64_t patience_ms(const struct webhook *w)
{
	uint64_t once = w->timeout_ms;

	if (w->auth == AUTH_OAUTH2)
		once = 2 * (once + TOKEN_MS);
	return once + GRACE_MS;
}

/* Takes what the sample owns. */
static void start(struct call *call, const struct webhook *w,
		  const struct sample *sample)
{
	struct trials *t = call->console->trials;
	struct trial *trial = xcalloc(1, sizeof(*trial));
	struct peer *p = choose(t);

	trial->call = call;
	trial->number = ++t->last;
	trial->by_ms = now_ms() + patience_ms(w);
	trial->id = ulid_new(wall_ms());
	trial->sample = *sample;
	list_push(&t->under_way, &trial->node);
	t->n++;
	if (p) {
		memcpy(trial->identity, p->identity, p->n);
		trial->n = p->n;
		p->outstanding++;
	}
	if (p && send_task(t, trial, w))
		return;
	if (p)
		peer_drop(t, p);
	call_problem(call, 503, "no_sender", NULL,
		     "there is no sender, or none has room");
	trial_end(t, trial);
}

void webhook_test(struct call *call)
{
	static const char *const allowed[] = {"eventName", "message", NULL};
	const struct webhook *w = call_webhook(call);
	struct fault fault = {0};
	struct sample sample;

	if (!w || !call_read_body(call, allowed, true))
		return;
	if (call->console->trials->n >= UNDER_WAY_MAX) {
		call_problem(call, 429, "busy", NULL,
			     "too many test sends at a time");
		return;
	}
	if (trial_message(call->console->catalogue, w, call->body, &sample,
			  &fault)) {
		start(call, w, &sample);
		return;
	}
	sample_fini(&sample);
	call_fault(call, &fault);
}
