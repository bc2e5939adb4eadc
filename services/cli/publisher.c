/*
 * publisher - many messages, in batches, several of them under way.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "client/postrider.h"
#include "ingest_link.h"
#include "print.h"

#define BATCH_BYTES 1000000 /* begin another one beyond */
#define CONNECT_MS 5000
#define PROGRESS_MS 200
#define REPORTS_MAX 20

struct part {
	size_t offset, n;
	uint64_t line;
};

struct batch {
	struct list node;   /* of publisher.batches */
	struct buf text;    /* the messages' text, one behind the other */
	struct part *parts; /* owned, n of them */
	size_t n;
};

struct publisher {
	struct cli *cli; /* borrowed */
	struct publisher_options o;
	struct postrider *client;
	struct list batches;   /* all there are, owned */
	struct batch *filling; /* of them; NULL: none begun */
	struct buf body;       /* scratch */
	struct publisher_totals totals;
	int code; /* the worst so far */
	bool stop;
	uint64_t progress_ms;
	int reports; /* faults shown */
};

struct publisher *publisher_new(struct cli *cli,
				const struct publisher_options *options)
{
	struct publisher *p = xcalloc(1, sizeof(*p));

	p->cli = cli;
	p->o = *options;
	p->client =
	    ingest_link(cli, (struct postrider_options){
				 .give_up_ms = (unsigned)options->timeout_ms,
				 .connect_ms = CONNECT_MS,
				 .in_flight_max = (unsigned)options->in_flight,
			     });
	if (!p->client) {
		free(p);
		return NULL;
	}
	list_init(&p->batches);
	buf_init(&p->body, POSTRIDER_BODY_BYTES_MAX);
	p->totals.ids = xcalloc(options->ids_max + 1, sizeof(char *));
	return p;
}

static void batch_free(struct batch *b)
{
	list_remove(&b->node);
	buf_fini(&b->text);
	free(b->parts);
	free(b);
}

void publisher_free(struct publisher **pp)
{
	struct publisher *p = *pp;

	if (!p)
		return;
	postrider_close(&p->client);
	while (!list_empty(&p->batches))
		batch_free(
		    container_of(list_first(&p->batches), struct batch, node));
	for (size_t i = 0; i < p->totals.n_ids; i++)
		free(p->totals.ids[i]);
	free(p->totals.ids);
	buf_fini(&p->body);
	free(p);
	*pp = NULL;
}

static void show_progress(struct publisher *p, bool last)
{
	const struct publisher_totals *t = &p->totals;

	if (p->cli->quiet || (!last && now_ms() < p->progress_ms))
		return;
	/* Nothing was shown: there is nothing to wipe. */
	if (last && !p->progress_ms)
		return;
	if (p->progress_ms || now_ms() > PROGRESS_MS)
		fprintf(stderr, "\r%llu published, %llu refused%s",
			(unsigned long long)(t->accepted + t->duplicates),
			(unsigned long long)t->refused, last ? "\n" : "");
	p->progress_ms = now_ms() + PROGRESS_MS;
}

static void worse(struct publisher *p, int code)
{
	if (code > p->code)
		p->code = code;
}

static void report(struct publisher *p, const struct batch *b,
		   const struct postrider_result *r, size_t first, size_t n)
{
	uint64_t line = b->parts[first].line;

	p->totals.refused += n;
	if (p->reports++ >= REPORTS_MAX) {
		if (p->reports == REPORTS_MAX + 1)
			cli_error(CLI_FAILED, "further faults are not shown");
		return;
	}
	fputs("postrider: ", stderr);
	if (line)
		fprintf(stderr, "line %llu: ", (unsigned long long)line);
	print_safe(stderr, r->message);
	if (r->status == POSTRIDER_UNREACHABLE)
		fprintf(stderr, ": %s",
			settings_publish_endpoint(&p->cli->settings));
	if (r->code[0])
		fprintf(stderr, " (%s%s%s)", r->code,
			r->field[0] ? ", field " : "", r->field);
	if (n > 1)
		fprintf(stderr, ", %zu messages from there on", n);
	fputc('\n', stderr);
}

static void submit(struct publisher *p, struct batch *b);

static void remove_part(struct batch *b, size_t i)
{
	memmove(&b->parts[i], &b->parts[i + 1],
		(b->n - i - 1) * sizeof(*b->parts));
	b->n--;
}

static void on_taken(struct publisher *p, const struct postrider_result *r)
{
	struct publisher_totals *t = &p->totals;

	t->accepted += r->accepted;
	t->duplicates += r->duplicates;
	for (size_t i = 0; i < r->n_ids && t->n_ids < p->o.ids_max; i++)
		t->ids[t->n_ids++] = xstrdup(r->ids[i]);
}

/* True: the batch goes on without the message that is at fault. */
static bool on_refused(struct publisher *p, struct batch *b,
		       const struct postrider_result *r)
{
	bool one = r->status == POSTRIDER_REFUSED && r->index >= 0 &&
		   (size_t)r->index < b->n;

	worse(p, r->status == POSTRIDER_UNREACHABLE ? CLI_UNREACHABLE
						    : CLI_FAILED);
	report(p, b, r, one ? (size_t)r->index : 0, one ? 1 : b->n);
	if (!one) {
		/* The next batch would wait as long as this one has. */
		p->stop |= r->status != POSTRIDER_REFUSED;
		return false;
	}
	remove_part(b, (size_t)r->index);
	return b->n > 0;
}

/* Waits for one batch's end. */
static void reap(struct publisher *p)
{
	struct postrider_result r;
	struct batch *b;

	if (postrider_wait(p->client, -1, &r) == POSTRIDER_NOTHING)
		return;
	b = r.tag;
	if (r.status == POSTRIDER_OK) {
		on_taken(p, &r);
		batch_free(b);
	} else if (on_refused(p, b, &r)) {
		submit(p, b);
	} else {
		batch_free(b);
	}
	postrider_result_fini(&r);
	show_progress(p, false);
}

static void build_body(struct publisher *p, const struct batch *b)
{
	buf_reset(&p->body);
	for (size_t i = 0; i < b->n; i++) {
		buf_append_char(&p->body, i ? ',' : '[');
		buf_append(&p->body, b->text.p + b->parts[i].offset,
			   b->parts[i].n);
	}
	buf_append_char(&p->body, ']');
}

static void submit(struct publisher *p, struct batch *b)
{
	/* A batch that was refused has freed its place: only a new one waits
	 * here, so that reap and submit do not call each other any deeper. */
	while (postrider_in_flight(p->client) == (size_t)p->o.in_flight)
		reap(p);
	build_body(p, b);
	must(postrider_submit(p->client, p->body.p, p->body.n, b, NULL) ==
	     POSTRIDER_OK);
}

static struct batch *batch_new(struct publisher *p)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->parts = xcalloc((size_t)p->o.batch, sizeof(*b->parts));
	buf_init(&b->text, POSTRIDER_BODY_BYTES_MAX / 2);
	list_push(&p->batches, &b->node);
	return b;
}

static void flush(struct publisher *p)
{
	struct batch *b = p->filling;

	p->filling = NULL;
	if (b)
		submit(p, b);
}

bool publisher_add(struct publisher *p, struct slice message, uint64_t line)
{
	struct batch *b = p->filling;

	if (b && (b->n == (size_t)p->o.batch ||
		  b->text.n + message.n > BATCH_BYTES)) {
		flush(p);
		b = NULL;
	}
	if (p->stop)
		return false;
	if (!b)
		b = p->filling = batch_new(p);
	b->parts[b->n++] = (struct part){b->text.n, message.n, line};
	buf_append_slice(&b->text, message);
	return true;
}

int publisher_finish(struct publisher *p)
{
	if (!p->stop)
		flush(p);
	while (postrider_in_flight(p->client) && !p->stop)
		reap(p);
	show_progress(p, true);
	return p->code;
}

const struct publisher_totals *publisher_totals(const struct publisher *p)
{
	return &p->totals;
}
