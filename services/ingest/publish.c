/*
 * publish - the two ZeroMQ sockets that events come in by.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/keys.h"

#include "ingest.h"
#include "reply.h"

#define REPLY_BYTES_MAX (64 * 1024)
#define REJECT_BYTES_MAX 2048
#define REJECTS_KEPT 100

/* Of one body: whom to answer, now and when its calls have ended. */
struct sender {
	struct ingest *ingest;
	struct address *to;
	struct wanted *wanted; /* NULL: no result is */
};

/* False: the publisher has gone, or it does not read its answers: it has no
 * claim on memory here. */
static bool send_reply(struct ingest *in, const struct slice *front, size_t n,
		       struct slice reply)
{
	struct slice frames[PIPE_FRAMES_MAX];

	for (size_t i = 0; i < n; i++)
		frames[i] = front[i];
	frames[n] = reply;
	if (pipe_send(in->publish, frames, n + 1) == ERR_OK)
		return true;
	++*in->replies_dropped;
	return false;
}

bool publish_result(void *arg, const struct address *to, struct slice message)
{
	return send_reply(arg, to->frames, to->n, message);
}

static void answer_fault(struct ingest *in, const struct slice *front, size_t n,
			 enum encoding encoding, const struct fault *fault)
{
	struct buf b;

	buf_init(&b, REPLY_BYTES_MAX);
	reply_refused(&b, encoding, fault);
	(void)send_reply(in, front, n, buf_slice(&b));
	buf_fini(&b);
}

static void sender_free(struct sender **s)
{
	results_unwant((*s)->ingest->results, &(*s)->wanted);
	address_unref(&(*s)->to);
	free(*s);
	*s = NULL;
}

static void on_done(struct publication *p, const struct fault *fault)
{
	struct sender *s = p->origin;
	struct buf b;

	buf_init(&b, REPLY_BYTES_MAX);
	if (fault) {
		ingest_count_refusal(s->ingest, fault);
		reply_refused(&b, s->to->encoding, fault);
	} else {
		reply_accepted(&b, s->to->encoding, p);
	}
	(void)send_reply(s->ingest, s->to->frames, s->to->n, buf_slice(&b));
	buf_fini(&b);
	if (!fault)
		results_wait(s->ingest->results, &s->wanted, p, s->to);
	sender_free(&s);
	publication_free(&p);
}

static struct sender *sender_new(struct ingest *in, enum encoding encoding,
				 const struct slice *front, size_t n)
{
	struct sender *s = xcalloc(1, sizeof(*s));

	s->ingest = in;
	s->to = address_new(encoding, front, n);
	return s;
}

/* Fills in who sent what is at hand; false: his key is not let in any more. */
static bool find_publisher(const struct pipe *pipe, struct arrival *a,
			   struct fault *fault)
{
	if (pipe_sender(pipe, &a->publisher))
		return true;
	*fault = fault_of(FAULT_UNAUTHORIZED, "this key is not known any more");
	return false;
}

static bool take(struct ingest *in, const struct arrival *a,
		 const struct slice *front, size_t n, struct fault *fault)
{
	struct publication *p;
	struct sender *s;

	if (!ingest_read(in, a, fault))
		return false;
	s = sender_new(in, a->encoding, front, n);
	if (!results_want(in->results, in->request, s->to, &s->wanted, fault)) {
		sender_free(&s);
		return false;
	}
	p = publication_new(in->request, on_done, s, sizeof(*s) + s->to->bytes);
	if (ingest_publish(in, p, fault))
		return true;
	publication_free(&p);
	sender_free(&s);
	return false;
}

/* [identity] … [body] */
void publish_on_message(void *arg, struct pipe *pipe,
			const struct slice *frames, size_t n)
{
	struct ingest *in = arg;
	struct arrival a = {.body = frames[n - 1]};
	struct fault fault;

	if (n < 2) {
		fault = fault_of(FAULT_MALFORMED, "no body");
		ingest_count_refusal(in, &fault);
		return;
	}
	a.encoding = encoding_of(a.body);
	if (!find_publisher(pipe, &a, &fault) ||
	    !take(in, &a, frames, n - 1, &fault)) {
		ingest_count_refusal(in, &fault);
		answer_fault(in, frames, n - 1, a.encoding, &fault);
	}
	request_release(in->request);
}

/* ---- fire and forget ---- */

static void note_reject(struct ingest *in,
			const struct keyring_member *publisher,
			const struct fault *f, size_t bytes)
{
	char time[RFC3339_SIZE];
	struct buf b;

	buf_init(&b, REJECT_BYTES_MAX);
	buf_printf(&b, "{\"time\":\"%s\",\"code\":\"%s\",\"message\":",
		   rfc3339_format(time, wall_ms()), fault_code_text(f->code));
	json_quote(&b, slice_of(f->message));
	if (f->index != FAULT_NO_INDEX)
		buf_printf(&b, ",\"index\":%lld", (long long)f->index);
	if (f->field[0] != '\0') {
		buf_append_str(&b, ",\"field\":");
		json_quote(&b, slice_of(f->field));
	}
	if (publisher) {
		buf_append_str(&b, ",\"publisher\":");
		json_quote(&b, slice_of(publisher->name));
	}
	buf_printf(&b, ",\"bytes\":%zu}", bytes);
	if (!buf_full(&b))
		append_note(in->append, KEY_REJECTS, buf_slice(&b),
			    REJECTS_KEPT);
	buf_fini(&b);
}

/* publisher: NULL where it is not known. */
static void reject(struct ingest *in, const struct keyring_member *publisher,
		   const struct fault *fault, size_t bytes)
{
	char text[FAULT_FIELD_SIZE], name[2 * CERTIFICATE_NAME_SIZE];

	ingest_count_refusal(in, fault);
	log_warn("rejected",
		 "code=%s index=%lld field=%s bytes=%zu publisher=%s",
		 fault_code_text(fault->code), (long long)fault->index,
		 log_quote(text, sizeof(text), slice_of(fault->field)), bytes,
		 log_quote(name, sizeof(name),
			   slice_of(publisher ? publisher->name : "")));
	note_reject(in, publisher, fault, bytes);
}

static void on_pull_done(struct publication *p, const struct fault *fault)
{
	struct ingest *in = p->origin;

	if (fault)
		reject(in, NULL, fault, p->bytes);
	publication_free(&p);
}

void publish_on_pull(void *arg, struct pipe *pipe, const struct slice *frames,
		     size_t n)
{
	struct ingest *in = arg;
	struct arrival a = {.body = frames[n - 1]};
	struct fault fault;

	a.encoding = encoding_of(a.body);
	if (find_publisher(pipe, &a, &fault) && ingest_read(in, &a, &fault)) {
		struct publication *p =
		    publication_new(in->request, on_pull_done, in, 0);

		/* Whoever does not wait for an answer cannot be told to come
		 * again; reading stops instead. */
		p->held = true;
		if (!ingest_publish(in, p, &fault)) {
			publication_free(&p);
			reject(in, a.publisher, &fault, a.body.n);
		}
	} else {
		reject(in, a.publisher, &fault, a.body.n);
	}
	request_release(in->request);
	publish_pace(in);
}

void publish_pace(struct ingest *in)
{
	size_t most = (size_t)in->conf.waiting_bytes_max;
	size_t waiting = append_waiting_bytes(in->append);
	bool stop = !append_is_up(in->append) || !config_loaded(in->config) ||
		    waiting > (in->pull_stopped ? most / 4 : most / 2) ||
		    service_is_draining(in->run);

	if (!in->pull || stop == in->pull_stopped)
		return;
	in->pull_stopped = stop;
	if (stop)
		pipe_read_stop(in->pull);
	else
		pipe_read_start(in->pull);
}
