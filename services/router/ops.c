/*
 * ops - what the next flush of a partition will write.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/ulid.h"

/* Producers stop far below this (see ops_bytes): reaching it is a bug. */
#define OPS_BYTES_MAX (256u * 1024 * 1024)

#define FIXED_ARGS 6

void ops_init(struct ops *o)
{
	*o = (struct ops){0};
	buf_init(&o->bytes, OPS_BYTES_MAX);
	buf_init(&o->attempts, OPS_BYTES_MAX);
}

void ops_fini(struct ops *o)
{
	buf_fini(&o->bytes);
	buf_fini(&o->attempts);
	free(o->args);
	o->args = NULL;
}

/* A burst's memory is not kept for ever. */
#define KEEP_BYTES (512 * 1024)

void ops_reset(struct ops *o)
{
	if (o->bytes.size > KEEP_BYTES || o->attempts.size > KEEP_BYTES) {
		ops_fini(o);
		ops_init(o);
		return;
	}
	buf_reset(&o->bytes);
	buf_reset(&o->attempts);
	o->n_args = 0;
	o->n_attempts = 0;
}

bool ops_empty(const struct ops *o)
{
	return o->n_args == 0 && o->n_attempts == 0;
}

size_t ops_bytes(const struct ops *o)
{
	return o->bytes.n + o->attempts.n + o->n_args * sizeof(*o->args);
}

static void add(struct ops *o, const void *p, size_t n)
{
	if (o->n_args == o->size_args) {
		o->size_args = o->size_args ? 2 * o->size_args : 64;
		o->args = xrealloc(o->args, o->size_args * sizeof(*o->args));
	}
	o->args[o->n_args++] = (struct ops_arg){o->bytes.n, n};
	buf_append(&o->bytes, p, n);
	must(!buf_full(&o->bytes));
}

static void add_slice(struct ops *o, struct slice s)
{
	add(o, s.p, s.n);
}

static void add_u64(struct ops *o, uint64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

	add(o, text, (size_t)n);
}

static void add_webhook(struct ops *o, const uint8_t webhook[16])
{
	struct ulid u;
	char text[ID_TEXT_SIZE];

	memcpy(u.b, webhook, sizeof(u.b));
	ulid_format(text, "wh", &u);
	add(o, text + 3, ULID_TEXT);
}

void ops_drop_entry(struct ops *o, uint64_t seq)
{
	add(o, "x", 1);
	add_u64(o, seq);
}

void ops_keep_entry(struct ops *o, uint64_t seq)
{
	add(o, "e", 1);
	add_u64(o, seq);
}

void ops_mark(struct ops *o, uint64_t seq, struct slice frame)
{
	add(o, "m", 1);
	add_u64(o, seq);
	add_slice(o, frame);
}

void ops_record(struct ops *o, const struct ops_record *r)
{
	const char place = (char)r->place;

	add(o, "r", 1);
	add(o, &place, 1);
	add_u64(o, r->score);
	add(o, r->id, 16);
	add(o, r->event, 16);
	add_webhook(o, r->webhook);
	add_slice(o, r->record);
	add_slice(o, r->event_frame);
}

void ops_finish(struct ops *o, const uint8_t id[16], const uint8_t event[16])
{
	add(o, "f", 1);
	add(o, id, 16);
	add(o, event, 16);
}

void ops_parcel(struct ops *o, struct slice ids)
{
	add(o, "g", 1);
	add_slice(o, ids);
}

void ops_unparcel(struct ops *o, const uint8_t key[16])
{
	add(o, "a", 1);
	add(o, key, 16);
}

static void add_link(struct ops *o, const char *op, const struct ops_link *l)
{
	add(o, op, 1);
	add_webhook(o, l->webhook);
	add_slice(o, l->member);
	add_u64(o, l->now_ms);
}

void ops_chain(struct ops *o, const struct ops_link *l, bool behind)
{
	add_link(o, "o", l);
	add_u64(o, behind);
}

void ops_unchain(struct ops *o, const struct ops_link *l, uint64_t count)
{
	add_link(o, "p", l);
	add_u64(o, count);
}

void ops_stat(struct ops *o, const uint8_t webhook[16], const char *field,
	      uint64_t n)
{
	add(o, "s", 1);
	add_webhook(o, webhook);
	add(o, field, strlen(field));
	add_u64(o, n);
}

void ops_tell(struct ops *o, const uint8_t webhook[16], const char *field,
	      struct slice value)
{
	add(o, "h", 1);
	add_webhook(o, webhook);
	add(o, field, strlen(field));
	add_slice(o, value);
}

void ops_put_off(struct ops *o, const uint8_t webhook[16], const uint8_t id[16],
		 uint64_t wall)
{
	add(o, "j", 1);
	add_webhook(o, webhook);
	add(o, id, 16);
	add_u64(o, wall);
}

void ops_bring_back(struct ops *o, const uint8_t webhook[16], uint64_t count,
		    uint64_t wall)
{
	add(o, "v", 1);
	add_webhook(o, webhook);
	add_u64(o, count);
	add_u64(o, wall);
}

void ops_since(struct ops *o, const uint8_t webhook[16], const char *field,
	       uint64_t wall)
{
	add(o, "w", 1);
	add_webhook(o, webhook);
	add(o, field, strlen(field));
	add_u64(o, wall);
}

void ops_not_since(struct ops *o, const uint8_t webhook[16], const char *field)
{
	add(o, "y", 1);
	add_webhook(o, webhook);
	add(o, field, strlen(field));
}

void ops_append(struct ops *o, struct slice frame)
{
	add(o, "n", 1);
	add_slice(o, frame);
}

void ops_keep_dead(struct ops *o, const uint8_t webhook[16], uint64_t keep,
		   uint64_t before_ms)
{
	add(o, "z", 1);
	add_webhook(o, webhook);
	add_u64(o, keep);
	add_u64(o, before_ms);
}

void ops_trim(struct ops *o, const char *stream, uint64_t before_ms,
	      uint64_t entries)
{
	add(o, "t", 1);
	add(o, stream, strlen(stream));
	add_u64(o, before_ms);
	add_u64(o, entries);
}

void ops_remove(struct ops *o, const char *stream)
{
	add(o, "u", 1);
	add(o, stream, strlen(stream));
}

static void add_key(struct ops *o, const struct ops_key *key)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_append_str(&b, key->kind);
	buf_append_char(&b, ':');
	buf_append_slice(&b, key->project);
	buf_append_char(&b, ':');
	buf_append_slice(&b, key->name);
	must(!buf_full(&b));
	add_slice(o, buf_slice(&b));
	buf_fini(&b);
}

void ops_profile(struct ops *o, const struct ops_key *key, uint64_t ttl_s,
		 uint64_t call_ms, struct slice field, struct slice json)
{
	add(o, "q", 1);
	add_key(o, key);
	add_u64(o, ttl_s);
	add_u64(o, call_ms);
	add_slice(o, field);
	add_slice(o, json);
}

void ops_live_data(struct ops *o, const struct ops_key *key, uint64_t ttl_s,
		   struct slice name, struct slice json)
{
	add(o, "l", 1);
	add_key(o, key);
	add_u64(o, ttl_s);
	add_slice(o, name);
	add_slice(o, json);
}

void ops_discard(struct ops *o, const struct ops_key *key)
{
	add(o, "k", 1);
	add_key(o, key);
}

void ops_call(struct ops *o, const char *event, uint64_t ttl_s,
	      struct slice json)
{
	char name[64];
	int n = snprintf(name, sizeof(name), "call:%s", event);

	add(o, "c", 1);
	add(o, name, (size_t)n);
	add_u64(o, ttl_s);
	add_slice(o, json);
}

void ops_attempt(struct ops *o, const struct msg_attempt *a)
{
	if (o->n_attempts == 0)
		o->attempts_at =
		    msg_frame_start(&o->attempts, MSG_attempt, 0, 0);
	msg_encode_attempt(&o->attempts, a);
	must(!buf_full(&o->attempts));
	o->n_attempts++;
}

struct slice *ops_arguments(struct ops *o, struct slice epoch,
			    struct slice number, struct slice prefix,
			    struct slice count, struct slice keep, size_t *n)
{
	struct slice *argv = xcalloc(FIXED_ARGS + o->n_args, sizeof(*argv));

	if (o->n_attempts > 0)
		msg_frame_finish(&o->attempts, o->attempts_at, o->n_attempts);
	argv[0] = epoch;
	argv[1] = number;
	argv[2] = prefix;
	argv[3] = o->n_attempts ? buf_slice(&o->attempts) : SLICE_LIT("");
	argv[4] = count;
	argv[5] = keep;
	for (size_t i = 0; i < o->n_args; i++)
		argv[FIXED_ARGS + i] =
		    slice_bytes(o->bytes.p + o->args[i].at, o->args[i].n);
	*n = FIXED_ARGS + o->n_args;
	return argv;
}
