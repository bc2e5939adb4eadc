/*
 * fuzz_url - what the checker of URLs takes leads libcurl to the same place.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte says whether http:// is taken too, the rest is the URL.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/url.h"

#include "fuzz.h"

static void get(CURLU *u, CURLUPart part, char **text)
{
	must(curl_url_get(u, part, text, CURLU_DEFAULT_PORT) == CURLUE_OK);
}

/* libcurl writes an IPv6 address in its shortest form, and in brackets. */
static bool same_host(struct slice ours, struct slice theirs)
{
	struct target_address x, y;

	if (theirs.n > 2 && theirs.p[0] == '[')
		theirs = slice_bytes(theirs.p + 1, theirs.n - 2);
	if (target_address_parse(&x, ours) != ERR_OK)
		return slice_eq_nocase(ours, theirs);
	return target_address_parse(&y, theirs) == ERR_OK &&
	       memcmp(&x, &y, sizeof(x)) == 0;
}

static void compare(const char *url, const struct url_parts *parts)
{
	CURLU *u = curl_url();
	char *scheme, *host, *port, *none;

	must(curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK);
	get(u, CURLUPART_SCHEME, &scheme);
	get(u, CURLUPART_HOST, &host);
	get(u, CURLUPART_PORT, &port);
	must(strcmp(scheme, parts->https ? "https" : "http") == 0);
	must(same_host(parts->host, slice_of(host)));
	must(strtol(port, NULL, 10) == parts->port);
	must(curl_url_get(u, CURLUPART_USER, &none, 0) == CURLUE_NO_USER);
	must(curl_url_get(u, CURLUPART_FRAGMENT, &none, 0) ==
	     CURLUE_NO_FRAGMENT);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_rules rules = {0};
	struct url_parts parts;
	char *url;

	if (size == 0)
		return 0;
	rules.dev = data[0] & 1;
	/* In a block of its own, so that reading beyond it is noticed. */
	url = xstrndup((const char *)data + 1, size - 1);
	if (!url_parse(&rules, slice_of(url), URL_BYTES_MAX, &parts))
		compare(url, &parts);
	free(url);
	return 0;
}
