/*
 * own_types - /v1/projects/{p}/event-types: event names outside the catalogue.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "own_types.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "console.h"
#include "proto/messages.h"
#include "store/keys.h"

#define FIELDS 4 /* name, time, count, sample */
#define KEEP_MS (UINT64_C(30) * 24 * 3600 * 1000)

static const char *const suffixes[] = {"names", "samples", "counts"};

struct own_list {
	size_t limit;
};

static void keys_of(const struct call *call, char names[3][KEY_SIZE],
		    struct slice keys[3])
{
	for (size_t i = 0; i < 3; i++)
		keys[i] = key_project(names[i], call_partition(call),
				      suffixes[i], call->params[0]);
}

/* What receivers got is JSON, but it comes from the store. */
static json_t *sample_of(const struct reply *reply)
{
	struct slice text = reply_bytes(reply);
	json_t *sample =
	    text.n ? json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL) : NULL;

	return sample ? sample : json_null();
}

static json_t *view_own(const struct reply *reply, size_t at)
{
	json_t *v = json_object();

	json_object_set_new(v, "name",
			    json_text(reply_bytes(reply_part(reply, at))));
	json_object_set_new(
	    v, "lastSeenAt",
	    json_time((uint64_t)reply_int(reply_part(reply, at + 1))));
	json_object_set_new(v, "count",
			    json_integer(reply_int(reply_part(reply, at + 2))));
	json_object_set_new(v, "sample", sample_of(reply_part(reply, at + 3)));
	return v;
}

static void on_names(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	const struct own_list *list = call->state;
	size_t n = reply_count(reply) / FIELDS;
	char next[EVENT_NAME_BYTES_MAX + 1] = "";
	json_t *data;

	if (!call_redis_ok(call, e))
		return;
	data = json_array();
	for (size_t i = 0; i < n && i < list->limit; i++)
		json_array_append_new(data, view_own(reply, FIELDS * i));
	if (n > list->limit)
		slice_cstr(
		    next, sizeof(next),
		    reply_bytes(reply_part(reply, FIELDS * (list->limit - 1))));
	call_page(call, data, next);
}

void own_type_list(struct call *call)
{
	static const char *const allowed[] = {"limit", "cursor", NULL};
	const char *cursor = http_query(call->req, "cursor");
	struct own_list *list = call_state(call, sizeof(*list), NULL);
	char names[3][KEY_SIZE], limit[24], since[24];
	struct slice keys[3], argv[3];

	if (!call_check_query(call, allowed) || !call_limit(call, &list->limit))
		return;
	keys_of(call, names, keys);
	snprintf(limit, sizeof(limit), "%zu", list->limit);
	snprintf(since, sizeof(since), "%" PRIu64, wall_ms() - KEEP_MS);
	argv[0] = slice_of(cursor ? cursor : "");
	argv[1] = slice_of(limit);
	argv[2] = slice_of(since);
	call_sent(call, redis_script(call->console->redis, SCRIPT_LIST_NAMES,
				     keys, 3, argv, 3, on_names, call));
}

enum err own_types_remove(struct call *call, redis_reply_fn *fn)
{
	char names[3][KEY_SIZE];
	struct slice argv[4] = {SLICE_LIT("UNLINK")};

	keys_of(call, names, argv + 1);
	return redis_command(call->console->redis, argv, 4, fn, call);
}
