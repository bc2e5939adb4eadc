/*
 * zap - answers ZeroMQ's question whether a key is let in (RFC 27/ZAP 1.0).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/zap.h"

/* version, request id, domain, address, identity, mechanism, credentials */
enum { VERSION, REQUEST_ID, DOMAIN_NAME, ADDRESS, IDENTITY, MECHANISM, KEY, N };

bool zap_read(struct zap_request *r, const struct slice *frames, size_t n)
{
	*r = (struct zap_request){.key = ""};
	if (n < KEY || !slice_eq_str(frames[VERSION], "1.0"))
		return false;
	r->id = frames[REQUEST_ID];
	r->domain = frames[DOMAIN_NAME];
	r->address = frames[ADDRESS];
	if (n != N || !slice_eq_str(frames[MECHANISM], "CURVE") ||
	    !curve_key_format(r->key, frames[KEY]))
		r->key[0] = '\0';
	return true;
}

size_t zap_answer(const struct zap_request *r, bool allowed,
		  struct slice frames[ZAP_FRAMES_MAX])
{
	size_t n = 0;

	frames[n++] = SLICE_LIT("");
	frames[n++] = SLICE_LIT("1.0");
	frames[n++] = r->id;
	frames[n++] = allowed ? SLICE_LIT("200") : SLICE_LIT("400");
	frames[n++] = allowed ? SLICE_LIT("ok") : SLICE_LIT("not let in");
	frames[n++] = slice_of(allowed ? r->key : "");
	frames[n++] = SLICE_LIT("");
	return n;
}
