/*
 * call - one request to the API, from its arrival to its answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "console.h"
#include "store/credential.h"
#include "store/keys.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 200

struct call *call_new(struct console *console, struct http_request *req,
		      const struct route_match *match)
{
	struct call *call = xcalloc(1, sizeof(*call));

	list_init(&call->node);
	console_count(console, 1);
	call->console = console;
	call->req = req;
	memcpy(call->params, match->params, sizeof(call->params));
	return call;
}

void *call_state(struct call *call, size_t n, void (*state_free)(void *))
{
	must(!call->state);
	call->state = xcalloc(1, n);
	call->state_free = state_free;
	return call->state;
}

void call_free(struct call *call)
{
	list_remove(&call->node);
	console_count(call->console, -1);
	if (call->state && call->state_free)
		call->state_free(call->state);
	free(call->state);
	json_decref(call->body);
	free(call);
}

void fault_set(struct fault *f, const char *code, const char *field,
	       const char *fmt, ...)
{
	va_list args;

	f->code = code;
	slice_cstr(f->field, sizeof(f->field), slice_of(field));
	va_start(args, fmt);
	vsnprintf(f->detail, sizeof(f->detail), fmt, args);
	va_end(args);
}

bool fault_invalid(struct fault *f, const char *field, const char *detail)
{
	fault_set(f, "invalid", field, "%s", detail);
	return false;
}

/* --- reading ----------------------------------------------------------- */

bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

static bool read_object(struct call *call, struct slice text)
{
	json_error_t error;

	call->body = json_loadb(text.p ? text.p : "", text.n,
				JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(call->body))
		return true;
	call_problem(call, 400, "malformed", NULL,
		     "the body is not a JSON object: %s",
		     call->body ? "another type" : error.text);
	return false;
}

bool call_read_object(struct call *call)
{
	return read_object(call, http_body(call->req));
}

bool call_read_body(struct call *call, const char *const *allowed,
		    bool optional)
{
	struct slice text = http_body(call->req);
	const char *name;
	json_t *value;

	if (text.n == 0 && optional)
		text = SLICE_LIT("{}");
	if (!read_object(call, text))
		return false;
	json_object_foreach(call->body, name, value)
	{
		if (is_one_of(name, allowed))
			continue;
		call_problem(call, 400, "unknown_field", name,
			     "there is no such field");
		return false;
	}
	return true;
}

bool call_limit(struct call *call, size_t *limit)
{
	const char *text = http_query(call->req, "limit");
	uint64_t n = LIMIT_DEFAULT;

	if (text &&
	    (!slice_parse_u64(slice_of(text), &n) || n == 0 || n > LIMIT_MAX)) {
		call_problem(call, 400, "invalid", "limit",
			     "a number from 1 to %d is wanted", LIMIT_MAX);
		return false;
	}
	*limit = (size_t)n;
	return true;
}

bool call_time(struct call *call, const char *name, uint64_t *ms)
{
	const char *text = http_query(call->req, name);

	if (!text || rfc3339_parse(slice_of(text), ms) == ERR_OK)
		return true;
	call_problem(call, 400, "invalid", name,
		     "a time like 2026-11-23T08:16:45.000Z is wanted");
	return false;
}

struct query_check {
	const char *const *allowed;
	char unknown[64];
};

static void check_query(void *arg, const char *name, const char *value)
{
	struct query_check *check = arg;

	(void)value;
	if (!check->unknown[0] && !is_one_of(name, check->allowed))
		slice_cstr(check->unknown, sizeof(check->unknown),
			   slice_of(*name ? name : "?"));
}

bool call_check_query(struct call *call, const char *const *allowed)
{
	struct query_check check = {.allowed = allowed};

	http_each_query(call->req, check_query, &check);
	if (!check.unknown[0])
		return true;
	call_problem(call, 400, "unknown_field", check.unknown,
		     "there is no such query parameter");
	return false;
}

/* --- answering --------------------------------------------------------- */

uint64_t call_partition(const struct call *call)
{
	return console_partition(call->console, call->params[0]);
}

struct webhook *call_webhook(struct call *call)
{
	struct webhook *w = NULL;
	struct ulid id;

	if (ulid_parse(call->params[1], "wh", &id) == ERR_OK)
		w = config_webhook(call->console->config, &id);
	if (w && slice_eq_str(call->params[0], w->project))
		return w;
	call_not_found(call);
	return NULL;
}

struct credential *call_credential(struct call *call)
{
	struct credential *c = NULL;
	struct ulid id;

	if (ulid_parse(call->params[1], "cred", &id) == ERR_OK)
		c = config_credential(call->console->config, &id);
	if (c && slice_eq_str(call->params[0], c->project))
		return c;
	call_not_found(call);
	return NULL;
}

void call_json(struct call *call, unsigned status, json_t *value)
{
	static const char *const headers[] = {"Cache-Control", "no-store",
					      NULL};
	char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));

	must(text);
	json_decref(value);
	http_reply(call->req, status, "application/json", slice_of(text),
		   headers);
	free(text);
	call_free(call);
}

void call_page(struct call *call, json_t *data, const char *cursor)
{
	json_t *page = json_object();

	json_object_set_new(page, "data", data);
	json_object_set_new(page, "nextCursor",
			    cursor && *cursor ? json_string(cursor)
					      : json_null());
	call_json(call, 200, page);
}

void call_empty(struct call *call, unsigned status)
{
	http_reply(call->req, status, NULL, slice_of(NULL), NULL);
	call_free(call);
}

void call_problem(struct call *call, unsigned status, const char *code,
		  const char *field, const char *fmt, ...)
{
	char detail[DETAIL_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	http_problem(call->req, status, code, field, detail, NULL);
	call_free(call);
}

void call_fault_or(struct call *call, const struct fault *fault,
		   const char *conflict)
{
	unsigned status = strcmp(fault->code, conflict) ? 400 : 409;

	call_problem(call, status, fault->code,
		     fault->field[0] ? fault->field : NULL, "%s",
		     fault->detail);
}

void call_fault(struct call *call, const struct fault *fault)
{
	call_fault_or(call, fault, "");
}

void call_not_found(struct call *call)
{
	call_problem(call, 404, "not_found", NULL, "there is no such thing");
}

void call_redis_failed(struct call *call, enum err e)
{
	static const char *const headers[] = {"Retry-After", "1", NULL};

	if (e == ERR_REFUSED) {
		call_problem(call, 500, "internal", NULL,
			     "the store has refused the request");
		return;
	}
	http_problem(call->req, 503, "unavailable", NULL,
		     e == ERR_FULL ? "the store is full"
				   : "the store is out of reach",
		     headers);
	call_free(call);
}

bool call_redis_ok(struct call *call, enum err e)
{
	if (e != ERR_OK)
		call_redis_failed(call, e);
	return e == ERR_OK;
}

bool call_sent(struct call *call, enum err e)
{
	return call_redis_ok(call, e);
}

const struct reply *reply_part(const struct reply *reply, size_t i)
{
	return i < reply_count(reply) ? reply_at(reply, i) : NULL;
}

struct slice reply_field(const struct reply *fields, const char *name)
{
	for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
		if (slice_eq_str(reply_bytes(reply_part(fields, i)), name))
			return reply_bytes(reply_part(fields, i + 1));
	return SLICE_LIT("");
}

void call_wait_version(struct call *call, uint64_t version,
		       void (*resume)(struct call *call))
{
	call->version = version;
	call->since_ms = now_ms();
	call->resume = resume;
	console_wait(call->console, call);
}

static void on_version(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	uint64_t version;

	if (!call_redis_ok(call, e))
		return;
	/* Nil: nothing has ever been written. */
	if (!slice_parse_u64(reply_bytes(reply), &version))
		version = 0;
	call_wait_version(call, version, call->resume);
}

void call_catch_up(struct call *call, void (*resume)(struct call *call))
{
	call->resume = resume;
	call_sent(call, redis_commandf(call->console->redis, on_version, call,
				       "GET %s", KEY_CFG_VERSION));
}

/* --- values ------------------------------------------------------------ */

json_t *json_time(uint64_t ms)
{
	char text[RFC3339_SIZE];

	return json_string(rfc3339_format(text, ms));
}

json_t *json_text(struct slice s)
{
	json_t *value = json_stringn(s.p ? s.p : "", s.n);
	char *copy;

	if (value)
		return value;
	copy = slice_dup(s);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	value = json_stringn(copy, s.n);
	free(copy);
	return value;
}
