/*
 * ulid - 128-bit ids that sort by time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Six bytes of milliseconds, ten random ones. Within a millisecond (or when the
 * clock steps back) the ten are counted up, so that ids of a process never
 * repeat.
 */
#include "base/ulid.h"

#include <pthread.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"

#define TIME_BYTES 6
#define TIME_MAX_MS ((UINT64_C(1) << 48) - 1)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The newest id of this process; the interface has no handle to keep it in. */
static struct ulid newest;
static pthread_mutex_t newest_lock = PTHREAD_MUTEX_INITIALIZER;

static void set_time(struct ulid *u, uint64_t ms)
{
	for (int i = TIME_BYTES - 1; i >= 0; i--) {
		u->b[i] = (uint8_t)(ms & 0xff);
		ms >>= 8;
	}
}

uint64_t ulid_wall_ms(const struct ulid *u)
{
	uint64_t ms = 0;

	for (int i = 0; i < TIME_BYTES; i++)
		ms = ms << 8 | u->b[i];
	return ms;
}

/* As one number of 128 bits, so a full random part carries into the time. */
static void count_up(struct ulid *u)
{
	for (int i = (int)sizeof(u->b) - 1; i >= 0; i--) {
		u->b[i]++;
		if (u->b[i] != 0)
			return;
	}
}

struct ulid ulid_new(uint64_t wall_ms)
{
	uint64_t ms = wall_ms < TIME_MAX_MS ? wall_ms : TIME_MAX_MS;
	struct ulid u;

	pthread_mutex_lock(&newest_lock);
	if (ms > ulid_wall_ms(&newest)) {
		set_time(&newest, ms);
		rng_bytes(newest.b + TIME_BYTES, sizeof(newest.b) - TIME_BYTES);
		newest.b[TIME_BYTES] &= 0x7f; /* room to count */
	} else {
		count_up(&newest);
	}
	u = newest;
	pthread_mutex_unlock(&newest_lock);
	return u;
}

struct ulid ulid_derive(const struct ulid *a, const struct ulid *b)
{
	enum { HALF = sizeof(a->b) };
	uint8_t ab[2 * HALF], ba[2 * HALF];
	uint64_t high, low;
	struct ulid u = *a;

	/* Two hashes of the same bytes in another order; both are for ever. */
	memcpy(ab, a->b, HALF);
	memcpy(ab + HALF, b->b, HALF);
	memcpy(ba, b->b, HALF);
	memcpy(ba + HALF, a->b, HALF);
	high = hash_stable(slice_bytes(ab, sizeof(ab)));
	low = hash_stable(slice_bytes(ba, sizeof(ba)));
	for (int i = 0; i < 8; i++)
		u.b[TIME_BYTES + i] = (uint8_t)(high >> (56 - 8 * i));
	u.b[14] = (uint8_t)(low >> 56);
	u.b[15] = (uint8_t)(low >> 48);
	return u;
}

bool ulid_eq(const struct ulid *a, const struct ulid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* 26 characters of five bits hold 130: the first one is at most '7'. */
static void encode(char out[ULID_TEXT], const struct ulid *u)
{
	unsigned bits = 0;
	int have = 2;
	int at = 0;

	for (size_t i = 0; i < sizeof(u->b); i++) {
		bits = (bits << 8 | u->b[i]) & 0xffff;
		have += 8;
		while (have >= 5) {
			have -= 5;
			out[at++] = alphabet[bits >> have & 31];
		}
	}
}

char *ulid_format(char out[ID_TEXT_SIZE], const char *prefix,
		  const struct ulid *u)
{
	size_t n = prefix ? strlen(prefix) : 0;

	must(n + 1 + ULID_TEXT < ID_TEXT_SIZE);
	if (n) {
		memcpy(out, prefix, n);
		out[n++] = '_';
	}
	encode(out + n, u);
	out[n + ULID_TEXT] = '\0';
	return out;
}

static int digit_of(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

static enum err decode(const char *text, struct ulid *u)
{
	unsigned bits = 0;
	int have = -2;
	size_t at = 0;

	for (int i = 0; i < ULID_TEXT; i++) {
		int digit = digit_of(text[i]);

		if (digit < 0 || (i == 0 && digit > 7))
			return ERR_MALFORMED;
		bits = (bits << 5 | (unsigned)digit) & 0xffff;
		have += 5;
		if (have >= 8) {
			have -= 8;
			u->b[at++] = (uint8_t)(bits >> have & 0xff);
		}
	}
	return ERR_OK;
}

enum err ulid_parse(struct slice s, const char *prefix, struct ulid *u)
{
	struct slice want = slice_of(prefix);
	struct ulid parsed;
	enum err e;

	if (want.n) {
		if (s.n <= want.n || s.p[want.n] != '_' ||
		    memcmp(s.p, want.p, want.n) != 0)
			return ERR_MALFORMED;
		s = slice_bytes(s.p + want.n + 1, s.n - want.n - 1);
	}
	if (s.n != ULID_TEXT)
		return ERR_MALFORMED;
	e = decode(s.p, &parsed);
	if (e == ERR_OK)
		*u = parsed;
	return e;
}

enum err ulid_from_slice(struct slice s, struct ulid *u)
{
	if (s.n != sizeof(u->b))
		return ERR_MALFORMED;
	memcpy(u->b, s.p, sizeof(u->b));
	return ERR_OK;
}
