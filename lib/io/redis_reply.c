/*
 * redis_reply - views of replies.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A struct reply is hiredis's redisReply under a name of ours.
 */
#include "io/redis_reply.h"

#include <hiredis/hiredis.h>
#include <string.h>

#include "base/mem.h"

static const redisReply *inside(const struct reply *reply)
{
	return (const redisReply *)(const void *)reply;
}

enum reply_kind reply_kind(const struct reply *reply)
{
	switch (reply ? inside(reply)->type : REDIS_REPLY_NIL) {
	case REDIS_REPLY_INTEGER:
		return REPLY_INT;
	case REDIS_REPLY_STRING:
		return REPLY_BYTES;
	case REDIS_REPLY_STATUS:
		return REPLY_STATUS;
	case REDIS_REPLY_ERROR:
		return REPLY_ERROR;
	case REDIS_REPLY_ARRAY:
		return REPLY_ARRAY;
	default:
		return REPLY_NIL;
	}
}

int64_t reply_int(const struct reply *reply)
{
	return reply_kind(reply) == REPLY_INT ? inside(reply)->integer : 0;
}

struct slice reply_bytes(const struct reply *reply)
{
	switch (reply_kind(reply)) {
	case REPLY_BYTES:
	case REPLY_STATUS:
	case REPLY_ERROR:
		return slice_bytes(inside(reply)->str,
				   (size_t)inside(reply)->len);
	default:
		return (struct slice){"", 0};
	}
}

size_t reply_count(const struct reply *reply)
{
	return reply_kind(reply) == REPLY_ARRAY ? inside(reply)->elements : 0;
}

const struct reply *reply_at(const struct reply *reply, size_t i)
{
	must(i < reply_count(reply));
	return (const struct reply *)(const void *)inside(reply)->element[i];
}

bool reply_begins(const struct reply *reply, const char *prefix)
{
	struct slice s = reply_bytes(reply);
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

static bool holds(struct slice s, const char *text)
{
	return memmem(s.p, s.n, text, strlen(text)) != NULL;
}

/* No room in memory, or on the disk below the append-only file. Redis 6 wraps a
 * script's error into a text of its own. */
static bool is_full(const struct reply *r)
{
	return reply_begins(r, "OOM ") || reply_begins(r, "MISCONF ") ||
	       holds(reply_bytes(r), "-OOM ") ||
	       holds(reply_bytes(r), "-MISCONF ");
}

/* What a server says that is not able to do anything right now: it has become a
 * replica, loads its data, lost its master, or is held up by a script. */
static bool is_unable(const struct reply *r)
{
	static const char *const all[] = {"READONLY ", "LOADING ",
					  "MASTERDOWN ", "BUSY "};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (reply_begins(r, all[i]))
			return true;
	}
	return false;
}

bool reply_is_noscript(const struct reply *r)
{
	return reply_begins(r, "NOSCRIPT ");
}

enum err reply_err(const struct reply *r)
{
	if (!r)
		return ERR_CLOSED;
	if (reply_kind(r) != REPLY_ERROR)
		return ERR_OK;
	if (reply_is_noscript(r) || is_unable(r))
		return ERR_AGAIN;
	return is_full(r) ? ERR_FULL : ERR_REFUSED;
}
