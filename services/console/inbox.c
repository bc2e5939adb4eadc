/*
 * inbox - a receiver that keeps the newest requests and shows them whole.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Any method on /inbox/<name>/… is taken and answered 204, or with the status
 * that ?status= asks for. The number of inboxes, of requests in one, and of
 * their bytes is bounded; the oldest go first.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "console.h"
#include "store/keys.h"
#include "view.h"

#define NAME_BYTES_MAX 64
#define INBOXES_MAX "100"
#define REQUESTS_MAX "100"
#define INBOX_BYTES_MAX "4194304"
#define ANSWER_BYTES_MAX (8u * 1024 * 1024)

static bool is_name(struct slice s)
{
	if (s.n == 0 || s.n > NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		      c == '.'))
			return false;
	}
	return true;
}

/* --- receiving --------------------------------------------------------- */

struct received {
	unsigned status;
};

static void add_pair(void *arg, const char *name, const char *value)
{
	json_t *object = arg, *text = json_text(slice_of(value));
	json_t *have = json_object_get(object, name);
	json_t *list;

	if (!slice_is_utf8(slice_of(name))) {
		json_decref(text);
		return;
	}
	if (!have) {
		json_object_set_new(object, name, text);
		return;
	}
	/* What comes again makes a list. */
	list = json_is_array(have) ? json_incref(have) : json_array();
	if (!json_is_array(have))
		json_array_append(list, have);
	json_array_append_new(list, text);
	json_object_set_new(object, name, list);
}

static void add_body(json_t *request, struct slice body)
{
	struct buf text;

	if (slice_is_utf8(body)) {
		json_object_set_new(request, "body", json_text(body));
		return;
	}
	buf_init(&text, 2 * BODY_MAX);
	base64_encode(&text, body);
	json_object_set_new(request, "bodyBase64",
			    json_stringn(text.p, text.n));
	buf_fini(&text);
}

static char *describe(struct call *call)
{
	json_t *request = json_object(), *headers = json_object();
	json_t *query = json_object();
	struct ulid id = ulid_new(wall_ms());
	char *text;

	json_object_set_new(request, "id", json_id("req", ulid_slice(&id)));
	json_object_set_new(request, "time", json_time(wall_ms()));
	json_object_set_new(request, "method",
			    json_text(slice_of(http_method(call->req))));
	json_object_set_new(request, "path",
			    json_text(slice_of(http_path(call->req))));
	json_object_set_new(request, "target",
			    json_text(slice_of(http_raw_target(call->req))));
	http_each_query(call->req, add_pair, query);
	json_object_set_new(request, "query", query);
	http_each_header(call->req, add_pair, headers);
	json_object_set_new(request, "headers", headers);
	add_body(request, http_body(call->req));
	text = json_dumps(request, JSON_COMPACT);
	must(text);
	json_decref(request);
	return text;
}

static void on_kept(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct received *r = call->state;

	(void)reply;
	if (call_redis_ok(call, e))
		call_empty(call, r->status);
}

static bool set_answer(struct call *call, struct received *r)
{
	const char *text = http_query(call->req, "status");
	uint64_t status = 204;

	if (text && (!slice_parse_u64(slice_of(text), &status) ||
		     status < 200 || status > 599)) {
		call_problem(call, 400, "invalid", "status",
			     "a number from 200 to 599");
		return false;
	}
	r->status = (unsigned)status;
	return true;
}

void inbox_receive(struct call *call)
{
	const struct slice key = SLICE_LIT(KEY_INBOXES);
	struct received *r = call_state(call, sizeof(*r), NULL);
	char now[24], *text;
	struct slice argv[7];

	if (!is_name(call->params[0])) {
		call_not_found(call);
		return;
	}
	if (!set_answer(call, r))
		return;
	text = describe(call);
	snprintf(now, sizeof(now), "%llu", (unsigned long long)wall_ms());
	argv[0] = SLICE_LIT(KEY_INBOX_PREFIX);
	argv[1] = call->params[0];
	argv[2] = slice_of(text);
	argv[3] = slice_of(now);
	argv[4] = SLICE_LIT(REQUESTS_MAX);
	argv[5] = SLICE_LIT(INBOX_BYTES_MAX);
	argv[6] = SLICE_LIT(INBOXES_MAX);
	call_sent(call, redis_script(call->console->redis, SCRIPT_INBOX, &key,
				     1, argv, 7, on_kept, call));
	free(text);
}

/* --- showing ----------------------------------------------------------- */

/* The requests are JSON already: they are put together as text. */
static void on_list(void *arg, enum err e, const struct reply *reply)
{
	static const char *const headers[] = {"Cache-Control", "no-store",
					      NULL};
	struct call *call = arg;
	struct buf out;

	if (!call_redis_ok(call, e))
		return;
	buf_init(&out, ANSWER_BYTES_MAX);
	buf_append_str(&out, "{\"data\":[");
	for (size_t i = 0; i < reply_count(reply); i++) {
		if (i)
			buf_append_char(&out, ',');
		buf_append_slice(&out, reply_bytes(reply_part(reply, i)));
	}
	buf_append_str(&out, "],\"nextCursor\":null}");
	if (buf_full(&out)) {
		buf_fini(&out);
		call_problem(call, 500, "internal", NULL,
			     "the inbox is larger than it may be");
		return;
	}
	http_reply(call->req, 200, "application/json", buf_slice(&out),
		   headers);
	buf_fini(&out);
	call_free(call);
}

void inbox_get(struct call *call)
{
	struct slice name = call->params[0];

	if (!is_name(name))
		call_not_found(call);
	else
		call_sent(call,
			  redis_commandf(call->console->redis, on_list, call,
					 "LRANGE %s%b 0 -1", KEY_INBOX_PREFIX,
					 name.p, name.n));
}

static void on_deleted(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	(void)reply;
	if (call_redis_ok(call, e))
		call_empty(call, 204);
}

void inbox_delete(struct call *call)
{
	struct slice name = call->params[0];

	if (!is_name(name))
		call_not_found(call);
	else
		call_sent(call,
			  redis_commandf(call->console->redis, on_deleted, call,
					 "DEL %s%b %s%b:bytes",
					 KEY_INBOX_PREFIX, name.p, name.n,
					 KEY_INBOX_PREFIX, name.p, name.n));
}
