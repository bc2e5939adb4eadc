/*
 * cluster_key - which slot of a Redis Cluster a command belongs to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/cluster_key.h"

#include <strings.h>

/* CRC-16/XMODEM, four bits at a time: what is hashed is a tag of some bytes. */
static uint16_t crc16(struct slice s)
{
	static const uint16_t of[16] = {
	    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
	    0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};
	uint16_t crc = 0;

	for (size_t i = 0; i < s.n; i++) {
		uint8_t byte = (uint8_t)s.p[i];

		crc = (uint16_t)(crc << 4) ^ of[(crc >> 12) ^ (byte >> 4)];
		crc = (uint16_t)(crc << 4) ^ of[(crc >> 12) ^ (byte & 15)];
	}
	return crc;
}

/* What is hashed of a key; true: it has a tag. */
static bool tag_of(struct slice key, struct slice *tag)
{
	const char *open = key.n ? memchr(key.p, '{', key.n) : NULL;
	const char *close;
	size_t left;

	*tag = key;
	if (!open)
		return false;
	left = (size_t)(key.p + key.n - open) - 1;
	close = memchr(open + 1, '}', left);
	if (!close || close == open + 1)
		return false;
	*tag = slice_bytes(open + 1, (size_t)(close - open) - 1);
	return true;
}

uint16_t cluster_slot_of(struct slice key)
{
	struct slice tag;

	(void)tag_of(key, &tag);
	return crc16(tag) % CLUSTER_SLOTS;
}

bool cluster_guard_of(struct slice key, char *out, size_t size,
		      struct slice *guard)
{
	struct slice tag;
	size_t n;

	if (!tag_of(key, &tag))
		return false;
	n = (size_t)(tag.p + tag.n + 1 - key.p);
	if (n + 1 > size)
		return false;
	memcpy(out, key.p, n);
	out[n] = '!';
	*guard = slice_bytes(out, n + 1);
	return true;
}

/* Takes "<letter><number>\r\n" off the front. */
static bool cut_number(struct slice *rest, char letter, uint64_t *n)
{
	struct slice line;

	if (!slice_cut(rest, '\n', &line) || line.n < 3 ||
	    line.p[0] != letter || line.p[line.n - 1] != '\r')
		return false;
	return slice_parse_u64(slice_bytes(line.p + 1, line.n - 2), n);
}

static bool cut_argument(struct slice *rest, struct slice *argument)
{
	uint64_t n;

	if (!cut_number(rest, '$', &n) || rest->n < 2 || n > rest->n - 2)
		return false;
	*argument = slice_bytes(rest->p, (size_t)n);
	*rest = slice_bytes(rest->p + n + 2, rest->n - (size_t)n - 2);
	return true;
}

static bool is_one_of(struct slice name, const char *const *all)
{
	for (; *all; all++)
		if (name.n == strlen(*all) &&
		    strncasecmp(name.p, *all, name.n) == 0)
			return true;
	return false;
}

bool cluster_key_of(struct slice command, struct slice *key)
{
	static const char *const keyless[] = {
	    "PING", "TIME",    "INFO",	   "CONFIG", "SCRIPT", "CLUSTER",
	    "SCAN", "PUBLISH", "FLUSHALL", "DBSIZE", "WAIT",   NULL};
	static const char *const scripts[] = {"EVALSHA", "EVAL", NULL};
	struct slice name, skipped, count;
	uint64_t n, keys;

	if (!cut_number(&command, '*', &n) || !cut_argument(&command, &name) ||
	    is_one_of(name, keyless))
		return false;
	if (is_one_of(name, scripts) &&
	    (!cut_argument(&command, &skipped) ||
	     !cut_argument(&command, &count) ||
	     !slice_parse_u64(count, &keys) || keys == 0))
		return false;
	return cut_argument(&command, key);
}
