/*
 * curve_key - keys of ZeroMQ's CURVE, as text: 40 characters of Z85 (RFC 32).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CURVE_CURVE_KEY_H
#define CURVE_CURVE_KEY_H

#include <stdbool.h>

#include "base/slice.h"

#define CURVE_KEY_BYTES 32
#define CURVE_TEXT_CHARS 40
#define CURVE_TEXT_SIZE (CURVE_TEXT_CHARS + 1)

struct curve_pair {
	char public_key[CURVE_TEXT_SIZE];
	char secret_key[CURVE_TEXT_SIZE]; /* wiped by who owns the pair */
};

/* Writes a key that is well-formed, with a NUL. False: it is none. */
bool curve_key_parse(char out[CURVE_TEXT_SIZE], struct slice text);
/* The text of 32 bytes; false: they are not 32. */
bool curve_key_format(char out[CURVE_TEXT_SIZE], struct slice bytes);
/* Fills in the public key of a secret one. False: it is no key. */
bool curve_pair_of_secret(struct curve_pair *pair, struct slice secret);
void curve_pair_wipe(struct curve_pair *pair);

#endif
