/*
 * keys - builds the names of a partition's keys.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every name fits KEY_SIZE: callers have checked the lengths of what is from
 * outside, so a name that does not fit is our bug.
 */
#include "store/keys.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/rng.h"
#include "base/mem.h"
#include "base/ulid.h"

static struct slice key_done(const char *out, int n)
{
	must(n > 0 && n < KEY_SIZE);
	return slice_bytes(out, (size_t)n);
}

struct slice key_partition(char out[KEY_SIZE], uint64_t partition,
			   const char *suffix)
{
	return key_done(out, snprintf(out, KEY_SIZE, "pr:{p%" PRIu64 "}:%s",
				      partition, suffix));
}

struct slice key_lane(char out[KEY_SIZE], uint64_t partition,
		      const char *suffix, const uint8_t webhook[16])
{
	struct ulid id;
	char text[ID_TEXT_SIZE];

	memcpy(id.b, webhook, sizeof(id.b));
	ulid_format(text, "wh", &id);
	return key_done(out, snprintf(out, KEY_SIZE, "pr:{p%" PRIu64 "}:%s:%s",
				      partition, suffix, text + 3));
}

struct slice key_project(char out[KEY_SIZE], uint64_t partition,
			 const char *suffix, struct slice project)
{
	return key_done(out,
			snprintf(out, KEY_SIZE, "pr:{p%" PRIu64 "}:%s:%.*s",
				 partition, suffix, SLICE_FMT(project)));
}

/* The name is a publisher's and may hold a NUL, so it is copied, not formatted.
 */
struct slice key_owned(char out[KEY_SIZE], uint64_t partition,
		       const char *suffix, struct slice project,
		       struct slice name)
{
	int n = snprintf(out, KEY_SIZE, "pr:{p%" PRIu64 "}:%s:%.*s:", partition,
			 suffix, SLICE_FMT(project));

	must(n > 0 && (size_t)n + name.n < KEY_SIZE);
	memcpy(out + n, name.p, name.n);
	return slice_bytes(out, (size_t)n + name.n);
}

struct slice key_idem(char out[KEY_SIZE], uint64_t partition,
		      struct slice project, struct slice id)
{
	return key_owned(out, partition, "idem", project, id);
}

struct ulid path_lane_id(struct slice project)
{
	struct ulid id = {{'p', 'a', 't', 'h', 's'}};
	uint64_t hash = hash_stable(project);

	for (int i = 0; i < 8; i++)
		id.b[8 + i] = (uint8_t)(hash >> (8 * i));
	return ulid_derive(&id, &id);
}

uint64_t partition_of(struct slice project, uint64_t partitions)
{
	must(partitions > 0);
	return hash_stable(project) % partitions;
}

uint64_t numbers_left_out(void)
{
	return (1u << 20) + rng_u64() % (1u << 27);
}
