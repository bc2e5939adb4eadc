/*
 * feed - what happens, as messages for whoever subscribes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "feed.h"

#include <msgpack.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/ulid.h"
#include "io/pipe.h"

static void put_str(msgpack_packer *pk, struct slice s)
{
	msgpack_pack_str(pk, s.n);
	msgpack_pack_str_body(pk, s.p, s.n);
}

static void put_text(msgpack_packer *pk, const char *key, struct slice value)
{
	put_str(pk, slice_of(key));
	put_str(pk, value);
}

static void put_id(msgpack_packer *pk, const char *key, const char *prefix,
		   struct slice raw)
{
	char text[ID_TEXT_SIZE] = "";
	struct ulid id;

	if (ulid_from_slice(raw, &id) == ERR_OK)
		ulid_format(text, prefix, &id);
	put_text(pk, key, slice_of(text));
}

static void put_u64(msgpack_packer *pk, const char *key, uint64_t value)
{
	put_str(pk, slice_of(key));
	msgpack_pack_uint64(pk, value);
}

static void put_time(msgpack_packer *pk, const char *key, uint64_t ms)
{
	char text[RFC3339_SIZE];

	put_str(pk, slice_of(key));
	if (ms)
		put_str(pk, slice_of(rfc3339_format(text, ms)));
	else
		msgpack_pack_nil(pk);
}

static void put_attempt(msgpack_packer *pk, const struct msg_attempt *a)
{
	msgpack_pack_map(pk, 12);
	put_id(pk, "delivery", "dlv", a->delivery);
	put_id(pk, "event", "evt", a->event);
	put_id(pk, "webhook", "wh", a->webhook);
	put_text(pk, "eventName", a->event_name);
	put_u64(pk, "attempt", a->attempt);
	put_text(pk, "outcome", slice_of(outcome_name(a->outcome)));
	put_u64(pk, "status", a->status);
	put_time(pk, "createdAt", a->created_ms);
	put_time(pk, "startedAt", a->started_ms);
	put_time(pk, "nextAttemptAt", a->next_ms);
	put_text(pk, "error", a->error);
	put_str(pk, SLICE_LIT("durationsMs"));
	msgpack_pack_map(pk, 4);
	put_str(pk, SLICE_LIT("wait"));
	msgpack_pack_double(pk, (double)a->wait_us / 1000);
	put_str(pk, SLICE_LIT("connect"));
	msgpack_pack_double(pk, (double)a->connect_us / 1000);
	put_str(pk, SLICE_LIT("answer"));
	msgpack_pack_double(pk, (double)a->answer_us / 1000);
	put_str(pk, SLICE_LIT("total"));
	msgpack_pack_double(pk, (double)a->total_us / 1000);
}

static void put_circuit(msgpack_packer *pk, const char *webhook,
			const struct circuit *c)
{
	msgpack_pack_map(pk, 5);
	put_text(pk, "webhook", slice_of(webhook));
	put_text(pk, "event", SLICE_LIT("circuit"));
	put_text(pk, "state", slice_of(circuit_state_text(c->state)));
	put_str(pk, SLICE_LIT("reason"));
	if (circuit_is_held(c))
		put_str(pk, slice_of(c->no_token));
	else
		msgpack_pack_nil(pk);
	put_time(pk, "at", wall_ms());
}

struct record {
	msgpack_sbuffer bytes;
	msgpack_packer pk;
};

/* False: nobody is there to read it. */
static bool record_begin(struct record *r, const struct pipe *pipe,
			 const char *what)
{
	if (!pipe_is_heard(pipe, what))
		return false;
	msgpack_sbuffer_init(&r->bytes);
	msgpack_packer_init(&r->pk, &r->bytes, msgpack_sbuffer_write);
	return true;
}

/* A full subscriber loses it: Redis has everything. */
static void record_publish(struct record *r, struct pipe *pipe,
			   const char *what, struct slice project)
{
	struct slice frames[2];
	struct buf topic;

	buf_init(&topic, 256);
	buf_printf(&topic, "%s.%.*s", what, SLICE_FMT(project));
	frames[0] = buf_slice(&topic);
	frames[1] = slice_bytes(r->bytes.data, r->bytes.size);
	if (pipe_send(pipe, frames, 2) != ERR_OK)
		frames[1].n = 0;
	buf_fini(&topic);
	msgpack_sbuffer_destroy(&r->bytes);
}

void feed_circuit(struct pipe *pipe, struct slice project, const char *webhook,
		  const struct circuit *c)
{
	struct record r;

	if (!record_begin(&r, pipe, "webhook"))
		return;
	put_circuit(&r.pk, webhook, c);
	record_publish(&r, pipe, "webhook", project);
}

void feed_attempt(struct pipe *pipe, const struct msg_attempt *a)
{
	struct record r;

	if (!record_begin(&r, pipe, "attempt"))
		return;
	put_attempt(&r.pk, a);
	record_publish(&r, pipe, "attempt", a->project);
}
