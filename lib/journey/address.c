/*
 * address - where a URL that is a template may lead.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey/address.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "filter/climb.h"
#include "journey/journey_plan.h"

/* Behind the tag that begins at p; NULL: it does not end. */
static const char *tag_end(const char *p)
{
	const char *end;

	if (!strncmp(p, "{{!--", 5)) {
		end = strstr(p + 5, "--");
		end = end ? strstr(end, "}}") : NULL;
	} else {
		end = strstr(p, "}}");
	}
	if (!end)
		return NULL;
	end += 2;
	while (*end == '}')
		end++;
	return end;
}

/* The URL with an x for each tag; NULL: a tag does not end. */
static char *plain_of(const char *url)
{
	struct buf out;
	size_t n;

	buf_init(&out, strlen(url) + 1);
	while (url && *url) {
		if (strncmp(url, "{{", 2) != 0) {
			buf_append_char(&out, *url++);
			continue;
		}
		buf_append_char(&out, 'x');
		url = tag_end(url);
	}
	buf_append_char(&out, '\0');
	if (!url)
		buf_fini(&out);
	return url ? buf_take(&out, &n) : NULL;
}

/* Before the first tag: has all of the authority been there? */
static bool is_fixed(const char *url)
{
	const char *tag = strstr(url, "{{"), *at = strstr(url, "://");

	if (!tag)
		return true;
	return at && at < tag && at + 3 + strcspn(at + 3, "/?") < tag;
}

static bool has_scheme(const char *url)
{
	const char *tag = strstr(url, "{{"), *at = strstr(url, "://");

	return at && (!tag || at < tag);
}

static void copy_hosts(struct address *a, char *const *hosts, size_t n)
{
	a->hosts = xcalloc(n + 1, sizeof(*a->hosts));
	for (size_t i = 0; i < n; i++)
		a->hosts[i] = xstrdup(hosts[i]);
	a->n_hosts = n;
}

const char *address_init(struct address *a, const char *url, char *const *hosts,
			 size_t n_hosts)
{
	const char *fault;
	bool fixed = is_fixed(url);

	*a = (struct address){.has_tags = strstr(url, "{{")};
	if (!has_scheme(url))
		return "it must begin with https://, not with a template";
	if (!fixed && n_hosts == 0)
		return "a template may not touch the host or the port, unless "
		       "hosts lists the hosts that it may lead to";
	a->plain = plain_of(url);
	if (!a->plain)
		return "a {{ has no }}";
	fault = url_parse(target_rules_any(true), slice_of(a->plain),
			  URL_BYTES_MAX, &a->at);
	if (fault)
		return fault;
	if (a->has_tags && url_climbs(slice_of(a->plain)))
		return "with templates no segment of its path is . or ..";
	if (!fixed) {
		copy_hosts(a, hosts, n_hosts);
		a->at.host = slice_of(NULL);
		a->at.literal = false;
	}
	return NULL;
}

void address_fini(struct address *a)
{
	for (size_t i = 0; i < a->n_hosts; i++)
		free(a->hosts[i]);
	free(a->hosts);
	free(a->plain);
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
