/*
 * kept - /v1/projects/{p}/profiles, paths and calls: what journeys have kept.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Routers write it; a person may ask to see it, and to have it erased.
 */
#include <stdio.h>

#include "console.h"
#include "kept_view.h"
#include "rest.h"
#include "store/keys.h"

#define SEGMENTS 4 /* /v1/projects/{p}/profiles */
#define NAME_BYTES_MAX 1024

/* A profile or a path, by its name. */
struct kept {
	struct buf name;
	const char *suffix;
	json_t *(*view)(struct slice name, const struct reply *reply);
};

static void kept_free(void *state)
{
	struct kept *k = state;

	buf_fini(&k->name);
}

/* NULL: answered. */
static struct kept *kept_of(struct call *call, const char *suffix)
{
	static const char *const allowed[] = {NULL};
	struct kept *k = call_state(call, sizeof(*k), kept_free);

	buf_init(&k->name, NAME_BYTES_MAX + 1);
	k->suffix = suffix;
	if (!call_check_query(call, allowed))
		return NULL;
	if (path_rest(http_raw_target(call->req), SEGMENTS, &k->name) &&
	    k->name.n <= NAME_BYTES_MAX && !buf_full(&k->name))
		return k;
	call_not_found(call);
	return NULL;
}

static void ask(struct call *call, const char *command, redis_reply_fn *fn)
{
	const struct kept *k = call->state;
	char key[KEY_SIZE];
	const struct slice argv[] = {
	    slice_of(command),
	    key_owned(key, call_partition(call), k->suffix, call->params[0],
		      buf_slice(&k->name)),
	};

	call_sent(call, redis_command(call->console->redis, argv, 2, fn, call));
}

static void on_fields(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	const struct kept *k = call->state;

	if (!call_redis_ok(call, e))
		return;
	if (reply_count(reply) == 0)
		call_not_found(call);
	else
		call_json(call, 200, k->view(buf_slice(&k->name), reply));
}

static void on_erased(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	if (!call_redis_ok(call, e))
		return;
	if (reply_int(reply) == 0)
		call_not_found(call);
	else
		call_empty(call, 204);
}

static void show(struct call *call, const char *suffix,
		 json_t *(*view)(struct slice name, const struct reply *reply))
{
	struct kept *k = kept_of(call, suffix);

	if (!k)
		return;
	k->view = view;
	ask(call, "HGETALL", on_fields);
}

static void erase(struct call *call, const char *suffix)
{
	if (kept_of(call, suffix))
		ask(call, "DEL", on_erased);
}

void profile_get(struct call *call)
{
	show(call, "profile", profile_view);
}

void profile_delete(struct call *call)
{
	erase(call, "profile");
}

void path_get(struct call *call)
{
	show(call, "path", path_view);
}

void path_delete(struct call *call)
{
	erase(call, "path");
}

/* --- how a call ended ---------------------------------------------------- */

static void on_call(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *view;

	if (!call_redis_ok(call, e))
		return;
	view = stored_json(reply_bytes(reply));
	if (view)
		call_json(call, 200, view);
	else
		call_not_found(call);
}

void journey_call_get(struct call *call)
{
	char key[KEY_SIZE], suffix[ID_TEXT_SIZE + 8], id[ID_TEXT_SIZE];
	struct slice argv[2] = {SLICE_LIT("GET")};
	struct ulid event;

	if (ulid_parse(call->params[1], "evt", &event) != ERR_OK) {
		call_not_found(call);
		return;
	}
	snprintf(suffix, sizeof(suffix), "call:%s",
		 ulid_format(id, "evt", &event));
	argv[1] = key_partition(key, call_partition(call), suffix);
	call_sent(call,
		  redis_command(call->console->redis, argv, 2, on_call, call));
}
