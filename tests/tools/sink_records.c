/*
 * sink_records - which webhook-id arrived where, when and how often.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sink_records.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"

#define RECEIPTS_MAX (64u * 1024 * 1024)
#define RECEIPT_KEY_SIZE 512

void records_init(struct records *r)
{
	*r = (struct records){0};
	r->receipts = table_new(RECEIPTS_MAX);
	r->paths = table_new(SINK_PATHS_MAX);
	r->other = xcalloc(1, sizeof(*r->other));
	r->other->text = xstrdup("*");
	list_init(&r->kept);
}

static void kept_free(struct kept *k)
{
	list_remove(&k->node);
	buf_fini(&k->head);
	buf_fini(&k->body);
	free(k);
}

void records_clear(struct records *r)
{
	struct list *node;
	size_t pos = 0;
	void *value;

	while (table_next(r->receipts, &pos, NULL, &value))
		free(value);
	table_free(&r->receipts);
	r->receipts = table_new(RECEIPTS_MAX);
	while ((node = list_first(&r->kept)))
		kept_free(container_of(node, struct kept, node));
	r->n_kept = 0;
	r->requests = r->repeats = r->answered_ok = 0;
	pos = 0;
	while (table_next(r->paths, &pos, NULL, &value)) {
		struct path *p = value;

		p->requests = 0;
		p->in_flight_max = p->in_flight;
	}
}

static void path_free(struct path *p)
{
	free(p->text);
	free(p);
}

void records_fini(struct records *r)
{
	size_t pos = 0;
	void *value;

	records_clear(r);
	while (table_next(r->paths, &pos, NULL, &value))
		path_free(value);
	table_free(&r->paths);
	table_free(&r->receipts);
	path_free(r->other);
	if (r->file)
		fclose(r->file);
}

struct path *records_path(struct records *r, struct slice text)
{
	struct path *p = table_find(r->paths, text);

	if (p)
		return p;
	if (table_count(r->paths) >= SINK_PATHS_MAX)
		return r->other;
	p = xcalloc(1, sizeof(*p));
	p->text = slice_dup(text);
	behaviour_init(&p->rule);
	p->ruled = behaviour_from_path(&p->rule, p->text);
	must(table_put(r->paths, text, p) == ERR_OK);
	return p;
}

struct receipt *records_receipt(struct records *r, struct slice id,
				const struct path *path)
{
	char key[RECEIPT_KEY_SIZE];
	struct receipt *receipt;
	int n;

	n = snprintf(key, sizeof(key), "%.*s %s", SLICE_FMT(id), path->text);
	if (n >= (int)sizeof(key))
		n = (int)sizeof(key) - 1;
	receipt = table_find(r->receipts, slice_bytes(key, (size_t)n));
	if (receipt)
		return receipt;
	receipt = xcalloc(1, sizeof(*receipt));
	must(table_put(r->receipts, slice_bytes(key, (size_t)n), receipt) ==
	     ERR_OK);
	return receipt;
}

void records_add(struct records *r, struct receipt *receipt, struct slice id,
		 const struct path *path, uint64_t wall_us)
{
	r->requests++;
	if (receipt) {
		if (receipt->count++)
			r->repeats++;
		else
			receipt->first_us = wall_us;
		receipt->last_us = wall_us;
	}
	if (r->file)
		fprintf(r->file, "%" PRIu64 " %.*s %s\n", wall_us,
			SLICE_FMT(id), path->text);
}

void records_keep(struct records *r, struct path *path, uint64_t us,
		  struct buf *head, struct buf *body)
{
	struct kept *k;

	if (r->n_kept == r->kept_max) {
		kept_free(
		    container_of(list_first(&r->kept), struct kept, node));
		r->n_kept--;
	}
	k = xcalloc(1, sizeof(*k));
	k->us = us;
	k->path = path;
	k->head = *head;
	k->body = *body;
	buf_init(head, head->max);
	buf_init(body, body->max);
	list_push(&r->kept, &k->node);
	r->n_kept++;
}
