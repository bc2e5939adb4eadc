/*
 * sink_control - the receiver's own paths: /_control, /_stats, /_ids and so on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sink_control.h"

#include <inttypes.h>

#include "base/text.h"
#include "sink_answer.h"

#define VALUE_SIZE 2048
#define REPLY_BYTES_MAX (1024u * 1024 * 1024)

static struct slice query_of(const struct conn *c)
{
	struct slice path = request_path(&c->head);
	struct slice query = c->head.target;

	query.p += path.n;
	query.n -= path.n;
	if (query.n) {
		query.p++;
		query.n--;
	}
	return query;
}

/* The rule that a request speaks of: one path's, or the general one. */
static struct behaviour *rule_of(struct conn *c, struct path **path)
{
	char text[VALUE_SIZE];

	*path = NULL;
	if (!query_value(query_of(c), "path", text, sizeof(text)))
		return &c->sink->general;
	*path = records_path(&c->sink->records, slice_of(text));
	return &(*path)->rule;
}

static unsigned put_control(struct conn *c, struct buf *out)
{
	struct slice query = query_of(c), name;
	struct path *path;
	struct behaviour *rule = rule_of(c, &path);
	char value[VALUE_SIZE];

	behaviour_init(rule);
	if (path)
		path->ruled = true;
	while (query_next(&query, &name, value, sizeof(value))) {
		if (slice_eq_str(name, "path"))
			continue;
		if (!behaviour_set(rule, name, value)) {
			buf_printf(out, "bad option %.*s\n", SLICE_FMT(name));
			return 400;
		}
	}
	buf_append_str(out, "ok\n");
	return 200;
}

static unsigned delete_control(struct conn *c, struct buf *out)
{
	struct path *path;

	behaviour_init(rule_of(c, &path));
	if (path)
		path->ruled = behaviour_from_path(&path->rule, path->text);
	buf_append_str(out, "ok\n");
	return 200;
}

static unsigned get_stats(struct conn *c, struct buf *out)
{
	const struct sink *s = c->sink;
	const struct records *r = &s->records;
	struct path *path;

	rule_of(c, &path);
	if (path)
		buf_printf(out,
			   "{\"requests\":%" PRIu64 ",\"inFlight\":%" PRIu64
			   ",\"inFlightMax\":%" PRIu64 "}\n",
			   path->requests, path->in_flight,
			   path->in_flight_max);
	else
		buf_printf(out,
			   "{\"requests\":%" PRIu64 ",\"distinct\":%zu"
			   ",\"repeats\":%" PRIu64 ",\"ok\":%" PRIu64
			   ",\"connections\":%" PRIu64 ",\"open\":%" PRIu64
			   "}\n",
			   r->requests, table_count(r->receipts), r->repeats,
			   r->answered_ok, s->conns_total, s->conns_open);
	return 200;
}

/* A receipt's key is "<id> <path>". */
static bool on_path(struct slice key, const struct path *path)
{
	const char *space = memchr(key.p, ' ', key.n);
	size_t skip = space ? (size_t)(space - key.p) + 1 : key.n;

	return !path || slice_eq_str((struct slice){key.p + skip, key.n - skip},
				     path->text);
}

static unsigned get_ids(struct conn *c, struct buf *out)
{
	struct path *path;
	struct slice key;
	size_t pos = 0;
	void *value;

	rule_of(c, &path);
	while (table_next(c->sink->records.receipts, &pos, &key, &value)) {
		const struct receipt *r = value;

		if (on_path(key, path) && r->count)
			buf_printf(out,
				   "%.*s %" PRIu64 " %" PRIu64 " %" PRIu64
				   " %" PRIu64 " %" PRIu64 "\n",
				   SLICE_FMT(key), r->count, r->ok, r->first_us,
				   r->last_us, r->first_ok_us);
	}
	return 200;
}

static unsigned get_requests(struct conn *c, struct buf *out)
{
	const char *separator = "";
	struct path *path;

	rule_of(c, &path);
	buf_append_char(out, '[');
	LIST_FOREACH (node, &c->sink->records.kept) {
		const struct kept *k = container_of(node, struct kept, node);

		if (path && k->path != path)
			continue;
		buf_printf(out, "%s{\"us\":%" PRIu64 ",\"path\":", separator,
			   k->us);
		json_quote(out, slice_of(k->path->text));
		buf_append_str(out, ",\"head\":\"");
		base64_encode(out, buf_slice(&k->head));
		buf_append_str(out, "\",\"body\":\"");
		base64_encode(out, buf_slice(&k->body));
		buf_append_str(out, "\"}");
		separator = ",";
	}
	buf_append_str(out, "]\n");
	return 200;
}

static unsigned put_release(struct conn *c, struct buf *out)
{
	struct list *node = c->sink->conns.next;
	size_t n = 0;

	while (node != &c->sink->conns) {
		struct conn *other = container_of(node, struct conn, node);

		node = node->next;
		if (other->state == CONN_STALLED) {
			answer_release(other);
			n++;
		}
	}
	buf_printf(out, "%zu\n", n);
	return 200;
}

static unsigned delete_ids(struct conn *c, struct buf *out)
{
	/* Requests in hand hold receipts: their answers are not counted. */
	LIST_FOREACH (node, &c->sink->conns)
		container_of(node, struct conn, node)->receipt = NULL;
	records_clear(&c->sink->records);
	buf_append_str(out, "ok\n");
	return 200;
}

static const struct {
	const char *method, *path;
	unsigned (*answer)(struct conn *c, struct buf *out);
} routes[] = {
    {"PUT", "/_control", put_control}, {"DELETE", "/_control", delete_control},
    {"GET", "/_stats", get_stats},     {"GET", "/_ids", get_ids},
    {"DELETE", "/_ids", delete_ids},   {"GET", "/_requests", get_requests},
    {"PUT", "/_release", put_release},
};

void control_answer(struct conn *c)
{
	struct slice path = request_path(&c->head);
	unsigned status = 404;
	struct buf body, head;

	buf_init(&body, REPLY_BYTES_MAX);
	buf_init(&head, VALUE_SIZE);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (slice_eq_str(path, routes[i].path) &&
		    slice_eq_str(c->head.method, routes[i].method))
			status = routes[i].answer(c, &body);
	buf_printf(&head, "HTTP/1.1 %u Sink\r\nContent-Length: %zu\r\n\r\n",
		   status, body.n);
	conn_send(c, buf_slice(&head));
	conn_send(c, buf_slice(&body));
	conn_answered(c);
	buf_fini(&body);
	buf_fini(&head);
}
