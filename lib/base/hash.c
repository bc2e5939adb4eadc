/*
 * hash - a keyed hash for tables, and a fixed one that must never change.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/hash.h"

#include <endian.h>
#include <pthread.h>

#include "base/rng.h"

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

struct sip {
	uint64_t a, b, c, d;
};

/* Drawn at the first use, and the same from then on: tables depend on it. */
static uint64_t key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void key_draw(void)
{
	rng_bytes(key, sizeof(key));
}

static inline uint64_t rotate(uint64_t v, int bits)
{
	return (v << bits) | (v >> (64 - bits));
}

/* The hash is defined on little-endian words; a short one ends in zeroes. */
static inline uint64_t load_word(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return le64toh(v);
}

static inline void sip_round(struct sip *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = rotate(s->b, 13) ^ s->a;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a = rotate(s->a, 32);
	s->c += s->b;
	s->a += s->d;
	s->b = rotate(s->b, 17) ^ s->c;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c = rotate(s->c, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	sip_round(s);
	s->a ^= word;
}

uint64_t hash_keyed(const uint64_t k[2], struct slice in)
{
	size_t whole = in.n & ~(size_t)7;
	uint64_t last = (uint64_t)in.n << 56;
	struct sip s = {k[0] ^ UINT64_C(0x736f6d6570736575),
			k[1] ^ UINT64_C(0x646f72616e646f6d),
			k[0] ^ UINT64_C(0x6c7967656e657261),
			k[1] ^ UINT64_C(0x7465646279746573)};

	for (size_t i = 0; i < whole; i += 8)
		sip_word(&s, load_word(in.p + i, 8));
	if (in.n > whole)
		last |= load_word(in.p + whole, in.n - whole);
	sip_word(&s, last);
	s.c ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t hash_bytes(struct slice in)
{
	pthread_once(&key_once, key_draw);
	return hash_keyed(key, in);
}

uint64_t hash_stable(struct slice in)
{
	uint64_t h = FNV_OFFSET;

	for (size_t i = 0; i < in.n; i++)
		h = (h ^ (unsigned char)in.p[i]) * FNV_PRIME;
	/* FNV's high bits hardly move on short keys: mix them all. */
	h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ (h >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}
