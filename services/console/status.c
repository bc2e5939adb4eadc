/*
 * status - /v1/status, /v1/egress and the description of the API.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/mem.h"
#include "console.h"
#include "openapi.inc"
#include "store/keys.h"

struct status {
	json_t *partitions; /* owned */
	uint64_t next;
	json_int_t totals[4];
};

static const char *const size_names[4] = {"log", "waiting", "sending",
					  "records"};

static void status_free(void *state)
{
	struct status *s = state;

	json_decref(s->partitions);
}

static json_t *figures_of(const struct process_info *p)
{
	json_t *v = json_loads(p->figures, JSON_REJECT_DUPLICATES, NULL);

	return v ? v : json_object();
}

static json_t *process_view(const struct process_info *p)
{
	json_t *v = json_object();

	json_object_set_new(v, "service", json_text(slice_of(p->service)));
	json_object_set_new(v, "instance", json_text(slice_of(p->instance)));
	json_object_set_new(v, "host", json_text(slice_of(p->host)));
	json_object_set_new(v, "version", json_text(slice_of(p->version)));
	json_object_set_new(v, "pid", json_integer((json_int_t)p->pid));
	json_object_set_new(v, "startedAt", json_time(p->started_ms));
	json_object_set_new(v, "seenAt", json_time(p->seen_ms));
	json_object_set_new(v, "healthy", json_boolean(p->healthy));
	json_object_set_new(v, "figures", figures_of(p));
	return v;
}

static void answer_status(struct call *call)
{
	const struct registry *registry = call->console->registry;
	struct status *s = call->state;
	json_t *v = json_object(), *processes = json_array();
	json_t *totals = json_object();
	const struct process_info *p;
	size_t pos = 0;

	while ((p = registry_next(registry, &pos)))
		json_array_append_new(processes, process_view(p));
	for (size_t i = 0; i < 4; i++)
		json_object_set_new(totals, size_names[i],
				    json_integer(s->totals[i]));
	json_object_set_new(v, "version", json_string(POSTRIDER_VERSION));
	json_object_set_new(v, "processes", processes);
	json_object_set(v, "partitions", s->partitions);
	json_object_set_new(v, "totals", totals);
	json_object_set_new(
	    v, "configVersion",
	    json_integer((json_int_t)config_version(call->console->config)));
	call_json(call, 200, v);
}

static void ask_sizes(struct call *call);

static void on_sizes(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct status *s = call->state;
	const struct process_info *owner =
	    registry_owner(call->console->registry, s->next);
	json_t *v;

	if (!call_redis_ok(call, e))
		return;
	v = json_object();
	json_object_set_new(v, "partition", json_integer((json_int_t)s->next));
	json_object_set_new(v, "owner",
			    owner ? json_text(slice_of(owner->instance))
				  : json_null());
	for (size_t i = 0; i < 4; i++) {
		int64_t n = reply_int(reply_part(reply, i));

		json_object_set_new(v, size_names[i], json_integer(n));
		s->totals[i] += n;
	}
	json_array_append_new(s->partitions, v);
	s->next++;
	ask_sizes(call);
}

static void ask_sizes(struct call *call)
{
	struct status *s = call->state;
	char log[KEY_SIZE], due[KEY_SIZE], held[KEY_SIZE], delivery[KEY_SIZE];
	struct slice keys[4];

	if (s->next >= (uint64_t)call->console->common->partitions) {
		answer_status(call);
		return;
	}
	keys[0] = key_partition(log, s->next, "log");
	keys[1] = key_partition(due, s->next, "due");
	keys[2] = key_partition(held, s->next, "held");
	keys[3] = key_partition(delivery, s->next, "delivery");
	call_sent(call, redis_script(call->console->redis, SCRIPT_SIZES, keys,
				     4, NULL, 0, on_sizes, call));
}

void status_get(struct call *call)
{
	struct status *s = call_state(call, sizeof(*s), status_free);

	s->partitions = json_array();
	ask_sizes(call);
}

/* What the proxy sends from only the operator knows. */
static const char *egress_list(const struct console *c)
{
	if (c->egress_addresses && *c->egress_addresses)
		return c->egress_addresses;
	return c->common->egress_proxy ? "" : c->common->egress_source;
}

void egress_get(struct call *call)
{
	const char *at = egress_list(call->console);
	json_t *v = json_object(), *list = json_array();

	while (at && *at) {
		size_t n = strcspn(at, ", ");

		if (n > 0)
			json_array_append_new(list,
					      json_text(slice_bytes(at, n)));
		at += n + (at[n] != 0);
	}
	json_object_set_new(v, "addresses", list);
	json_object_set_new(v, "proxy",
			    json_boolean(call->console->common->egress_proxy));
	call_json(call, 200, v);
}

void openapi_get(struct call *call)
{
	http_reply(call->req, 200, "application/json",
		   slice_bytes(lua_openapi, sizeof(lua_openapi) - 1), NULL);
	call_free(call);
}
