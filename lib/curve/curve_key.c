/*
 * curve_key - keys of ZeroMQ's CURVE, as text: 40 characters of Z85 (RFC 32).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curve/curve_key.h"

#include <zmq.h>

bool curve_key_parse(char out[CURVE_TEXT_SIZE], struct slice text)
{
	uint8_t bytes[CURVE_KEY_BYTES];
	char copy[CURVE_TEXT_SIZE];
	bool ok;

	/* libzmq reads a table by each character, without looking at it. */
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return false;
	ok = text.n == CURVE_TEXT_CHARS &&
	     slice_cstr(copy, sizeof(copy), text) &&
	     zmq_z85_decode(bytes, copy) != NULL;
	/* What the decoder lets pass and does not write so itself is no key:
	 * two spellings would be two names of one. */
	if (ok)
		ok = zmq_z85_encode(out, bytes, sizeof(bytes)) != NULL &&
		     memcmp(out, copy, CURVE_TEXT_SIZE) == 0;
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(copy, sizeof(copy));
	return ok;
}

bool curve_key_format(char out[CURVE_TEXT_SIZE], struct slice bytes)
{
	return bytes.n == CURVE_KEY_BYTES &&
	       zmq_z85_encode(out, (const uint8_t *)bytes.p, bytes.n) != NULL;
}

bool curve_pair_of_secret(struct curve_pair *pair, struct slice secret)
{
	if (curve_key_parse(pair->secret_key, secret) &&
	    zmq_curve_public(pair->public_key, pair->secret_key) == 0)
		return true;
	curve_pair_wipe(pair);
	return false;
}

void curve_pair_wipe(struct curve_pair *pair)
{
	explicit_bzero(pair, sizeof(*pair));
}
