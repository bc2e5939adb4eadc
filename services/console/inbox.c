/*
 * inbox - a receiver that keeps the newest requests and shows them whole.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Any method on /inbox/<name>/… is taken and answered 204, or as ?status=,
 * ?delayMs= and ?body= ask for. The number of inboxes, of requests in one, and
 * of their bytes is bounded; the oldest go first.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "console.h"
#include "delays.h"
#include "inbox.h"
#include "store/keys.h"
#include "view.h"

#define NAME_BYTES_MAX 64
#define INBOXES_MAX "100"
#define REQUESTS_MAX "100"
#define INBOX_BYTES_MAX "4194304"
#define DELAY_MS_MAX 30000

bool is_inbox_name(struct slice s)
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
	uint64_t delay_ms;
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

static void answer(struct call *call)
{
	static const char *const headers[] = {"Cache-Control", "no-store",
					      NULL};
	const struct received *r = call->state;
	const char *body = http_query(call->req, "body");

	if (!body) {
		call_empty(call, r->status);
		return;
	}
	http_reply(call->req, r->status, "text/plain; charset=utf-8",
		   slice_of(body), headers);
	call_free(call);
}

static void on_kept(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	const struct received *r = call->state;

	(void)reply;
	if (!call_redis_ok(call, e))
		return;
	if (r->delay_ms == 0 ||
	    !delays_add(call->console->delays, call, r->delay_ms, answer))
		answer(call);
}

/* False: answered. */
static bool number(struct call *call, const char *name, uint64_t min,
		   uint64_t max, uint64_t *value)
{
	const char *text = http_query(call->req, name);

	if (!text || (slice_parse_u64(slice_of(text), value) && *value >= min &&
		      *value <= max))
		return true;
	call_problem(call, 400, "invalid", name, "a number from %llu to %llu",
		     (unsigned long long)min, (unsigned long long)max);
	return false;
}

static bool set_answer(struct call *call, struct received *r)
{
	const char *body = http_query(call->req, "body");
	uint64_t status = body ? 200 : 204;

	if (!number(call, "status", 200, 599, &status) ||
	    !number(call, "delayMs", 0, DELAY_MS_MAX, &r->delay_ms))
		return false;
	r->status = (unsigned)status;
	return true;
}

void inbox_receive(struct call *call)
{
	const struct slice key = SLICE_LIT(KEY_INBOXES);
	struct received *r = call_state(call, sizeof(*r), NULL);
	char now[24], *text;
	struct slice argv[7];

	if (!is_inbox_name(call->params[0])) {
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

/* --- forgetting -------------------------------------------------------- */

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

	if (!is_inbox_name(name))
		call_not_found(call);
	else
		call_sent(call,
			  redis_commandf(call->console->redis, on_deleted, call,
					 "DEL %s%b %s%b:bytes",
					 KEY_INBOX_PREFIX, name.p, name.n,
					 KEY_INBOX_PREFIX, name.p, name.n));
}
