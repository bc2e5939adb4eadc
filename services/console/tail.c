/*
 * tail - /v1/projects/{p}/tail: the routers' live feed as server-sent events.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One SUB socket is connected to every router of the registry, while anybody
 * listens; its messages go to the streams of their project. All of it may be
 * lost without harm.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "console.h"
#include "proto/guard.h"
#include "proto/messages.h"
#include "store/feed_json.h"
#include "store/feeds.h"

#define STREAMS_MAX 100
#define STREAM_BYTES_MAX (256 * 1024)
#define FEED_HWM 10000
#define FEED_BYTES_MAX 65536
#define VALUES_MAX 256
#define DEPTH_MAX 8

struct stream {
	struct list node;
	struct tail *tail;
	struct http_stream *http; /* gone after on_close */
	char project[PROJECT_BYTES_MAX + 1];
};

struct tail {
	struct console *console;
	struct pipe_context *context; /* owned; NULL until first used */
	struct list streams;
	size_t n_streams;
	struct feeds *feeds; /* owned; NULL while nobody listens */
};

/* --- the feed ---------------------------------------------------------- */

/* NULL when it is no map. The caller frees. */
static char *json_of_frame(struct slice frame)
{
	json_t *value;
	char *text = NULL;
	size_t used;

	if (guard_value(frame, DEPTH_MAX, VALUES_MAX, &used) != ERR_OK)
		return NULL;
	value = feed_json(frame);
	if (json_is_object(value))
		text =
		    json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(value);
	return text;
}

/* "attempt.acme" → "attempt", "acme" */
static bool split_topic(struct slice topic, struct slice *kind,
			struct slice *project)
{
	*project = topic;
	return slice_cut(project, '.', kind);
}

static void on_feed(void *arg, struct pipe *pipe, const struct slice *frames,
		    size_t n)
{
	struct tail *t = arg;
	struct slice kind, project;
	struct buf event;
	char *text;

	(void)pipe;
	if (n != 2 || !split_topic(frames[0], &kind, &project) || kind.n > 32)
		return;
	text = json_of_frame(frames[1]);
	if (!text)
		return;
	buf_init(&event, 4 * FEED_BYTES_MAX);
	buf_printf(&event, "event: %.*s\ndata: %s\n\n", SLICE_FMT(kind), text);
	free(text);
	for (struct list *at = t->streams.next, *next; at != &t->streams;
	     at = next) {
		struct stream *s = container_of(at, struct stream, node);

		next = at->next;
		if (slice_eq_str(project, s->project) && !buf_full(&event))
			http_stream_send(s->http, buf_slice(&event));
	}
	buf_fini(&event);
}

void tail_refresh(struct tail *t)
{
	if (t->feeds)
		feeds_follow(t->feeds, t->console->registry);
}

static void feed_open(struct tail *t)
{
	struct feeds_options options = {
	    .loop = service_loop(t->console->run),
	    .pipe = {.kind = PIPE_SUB,
		     .hwm = FEED_HWM,
		     .message_bytes_max = FEED_BYTES_MAX,
		     .on_message = on_feed,
		     .arg = t},
	    .topics = {"attempt.", "webhook."},
	};

	if (t->feeds)
		return;
	if (!t->context)
		t->context = pipe_context_new(service_curve(t->console->run));
	options.context = t->context;
	t->feeds = feeds_new(&options);
	tail_refresh(t);
}

static void feed_close(struct tail *t)
{
	feeds_free(&t->feeds);
}

/* --- the streams ------------------------------------------------------- */

static void stream_free(struct stream *s)
{
	list_remove(&s->node);
	if (--s->tail->n_streams == 0)
		feed_close(s->tail);
	free(s);
}

/* The server calls this from the loop, never from within a message of the feed.
 */
static void on_close(void *arg)
{
	stream_free(arg);
}

void tail_start(struct call *call)
{
	static const char *const allowed[] = {NULL};
	struct tail *t = call->console->tail;
	struct stream *s;

	if (!call_check_query(call, allowed))
		return;
	if (t->n_streams >= STREAMS_MAX) {
		call_problem(call, 503, "busy", NULL, "too many are listening");
		return;
	}
	feed_open(t);
	s = xcalloc(1, sizeof(*s));
	s->tail = t;
	slice_cstr(s->project, sizeof(s->project), call->params[0]);
	list_push(&t->streams, &s->node);
	t->n_streams++;
	s->http = http_stream_start(call->req, STREAM_BYTES_MAX, on_close, s);
	/* Something to read at once: so the client knows that it stands. */
	if (s->http)
		http_stream_send(s->http, SLICE_LIT(": listening\n\n"));
	else
		stream_free(s); /* the client has gone already */
	call_free(call);
}

void tail_end_streams(struct tail *t)
{
	struct list *node;

	while (t && (node = list_pop(&t->streams)) != NULL) {
		struct stream *s = container_of(node, struct stream, node);

		if (s->http)
			http_stream_end(s->http);
	}
}

struct tail *tail_new(struct console *c)
{
	struct tail *t = xcalloc(1, sizeof(*t));

	t->console = c;
	list_init(&t->streams);
	return t;
}

/* The streams must have been closed, by the server's end. */
void tail_free(struct tail **tail)
{
	struct tail *t = *tail;

	if (!t)
		return;
	*tail = NULL;
	feed_close(t);
	pipe_context_free(&t->context);
	free(t);
}
