/*
 * address - where a URL that is a template may lead.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey/address.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "filter/climb.h"
#include "journey/journey_plan.h"

static void copy_hosts(struct address *a, char *const *hosts, size_t n)
{
	a->hosts = xcalloc(n + 1, sizeof(*a->hosts));
	for (size_t i = 0; i < n; i++)
		a->hosts[i] = xstrdup(hosts[i]);
	a->n_hosts = n;
}

/* What is wrong with the URL's own text. */
static const char *text_fault(enum plain_fault fault,
			      const struct plain_url *plain, size_t n_hosts)
{
	if (fault == PLAIN_SCHEME || plain->authority == 0)
		return "it must begin with https://, not with a template";
	if (plain->open && n_hosts == 0)
		return "a template may not touch the host or the port, unless "
		       "hosts lists the hosts that it may lead to";
	return fault == PLAIN_TAG ? "a {{ has no }}" : NULL;
}

static void open_host(struct address *a, char *const *hosts, size_t n)
{
	copy_hosts(a, hosts, n);
	a->at.host = slice_of(NULL);
	a->at.literal = false;
}

const char *address_init(struct address *a, const char *url, char *const *hosts,
			 size_t n_hosts)
{
	const char *fault;

	*a = (struct address){.has_tags = strstr(url, "{{")};
	fault = text_fault(plain_url_init(&a->plain, url), &a->plain, n_hosts);
	if (!fault)
		fault =
		    url_parse(target_rules_any(true), buf_slice(&a->plain.text),
			      URL_BYTES_MAX, &a->at);
	if (fault)
		return fault;
	if (a->has_tags && url_climbs(buf_slice(&a->plain.text)))
		return "with templates no segment of its path is . or ..";
	if (a->plain.open)
		open_host(a, hosts, n_hosts);
	return NULL;
}

void address_fini(struct address *a)
{
	for (size_t i = 0; i < a->n_hosts; i++)
		free(a->hosts[i]);
	free(a->hosts);
	plain_url_fini(&a->plain);
	*a = (struct address){0};
}

/* "example.com", or "*.example.com" for all that is below it. */
static bool host_matches(struct slice host, const char *pattern)
{
	struct slice want = slice_of(pattern);

	if (pattern[0] != '*' || pattern[1] != '.')
		return slice_eq_nocase(host, want);
	want = slice_bytes(want.p + 1, want.n - 1);
	return host.n > want.n &&
	       slice_eq_nocase(slice_bytes(host.p + host.n - want.n, want.n),
			       want);
}

static bool host_allowed(const struct address *a, struct slice host)
{
	if (a->at.host.n > 0)
		return slice_eq_nocase(host, a->at.host);
	for (size_t i = 0; i < a->n_hosts; i++)
		if (host_matches(host, a->hosts[i]))
			return true;
	return false;
}

const char *address_fault(const struct address *a, struct slice url)
{
	struct url_parts at;
	const char *fault =
	    url_parse(target_rules_any(true), url, JOURNEY_URL_BYTES_MAX, &at);

	if (fault)
		return fault;
	if (at.https != a->at.https || at.port != a->at.port)
		return "it leads to another scheme or port than its template";
	if (!host_allowed(a, at.host))
		return a->n_hosts > 0 ? "its host is none of hosts"
				      : "it leads to another host";
	if (a->has_tags && url_climbs(url))
		return "a value makes a segment of its path . or .., which "
		       "climbs";
	return NULL;
}
