/*
 * egress - how requests leave: from which addresses, through which proxy.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/egress.h"

#include <string.h>

#include "base/text.h"
#include "net/url.h"

static struct target_address *slot(struct egress_sources *s, int family)
{
	return family == AF_INET ? &s->v4 : &s->v6;
}

enum err egress_sources_parse(struct egress_sources *sources, const char *text,
			      struct slice *bad)
{
	memset(sources, 0, sizeof(*sources));
	for (const char *p = text ? text : ""; *p;) {
		struct target_address a;
		size_t n;

		p += strspn(p, " ,");
		n = strcspn(p, " ,");
		*bad = slice_bytes(p, n);
		p += n;
		if (n == 0)
			continue;
		if (target_address_parse(&a, *bad) != ERR_OK ||
		    slot(sources, a.sa.sa_family)->sa.sa_family)
			return ERR_BAD_VALUE;
		*slot(sources, a.sa.sa_family) = a;
	}
	return ERR_OK;
}

bool egress_sources_any(const struct egress_sources *sources)
{
	return sources->v4.sa.sa_family || sources->v6.sa.sa_family;
}

const struct target_address *
egress_source_for(const struct egress_sources *sources, int family)
{
	if (family == AF_INET && sources->v4.sa.sa_family)
		return &sources->v4;
	if (family == AF_INET6 && sources->v6.sa.sa_family)
		return &sources->v6;
	return NULL;
}

static bool skip(struct slice *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n ||
	    !slice_eq_nocase(slice_bytes(s->p, n), slice_of(prefix)))
		return false;
	*s = slice_bytes(s->p + n, s->n - n);
	return true;
}

/* Leaves host and port. */
static bool skip_user(struct slice *s)
{
	static const char refused[] = "/?#@\\ ";
	const char *at = s->n ? memchr(s->p, '@', s->n) : NULL;
	size_t n = at ? (size_t)(at - s->p) : 0;

	for (size_t i = 0; i < n; i++)
		if (s->p[i] < 0x20 || s->p[i] == 0x7f ||
		    strchr(refused, s->p[i]))
			return false;
	if (at)
		*s = slice_bytes(at + 1, s->n - n - 1);
	return !at || n > 0;
}

/* The proxy is the operator's word: any address will do, but it has to be
 * spelled as those of webhooks are, and to name its port. */
static bool is_host_and_port(struct slice s)
{
	char url[512] = "http://";
	struct url_parts parts;
	size_t n = strlen(url);

	if (!slice_cstr(url + n, sizeof(url) - n, s) || strpbrk(s.p, "/?"))
		return false;
	if (url_parse(target_rules_any(true), slice_of(url), URL_BYTES_MAX,
		      &parts))
		return false;
	return parts.host.p[parts.host.n] != '\0' &&
	       strchr(parts.host.p + parts.host.n, ':') != NULL;
}

const char *egress_proxy_fault(const char *text)
{
	struct slice rest = slice_of(text);

	if (!skip(&rest, "http://") && !skip(&rest, "socks5://"))
		return "it must begin with http:// or socks5://";
	if (!skip_user(&rest))
		return "write special characters of the user name and the "
		       "password percent-encoded";
	if (rest.n && rest.p[rest.n - 1] == '/')
		return "nothing may follow the port";
	if (rest.n == 0 || !is_host_and_port(rest))
		return "after the user comes host:port, and nothing behind it";
	return NULL;
}
