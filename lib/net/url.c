/*
 * url - is this a URL that a webhook may have, and where does it lead?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/url.h"

#include <string.h>

#include "base/text.h"

#define NAME_BYTES_MAX 253
#define LABEL_BYTES_MAX 63
#define PORT_DIGITS_MAX 5

/* "2130706433", "0x7f.1" and "127.1" are addresses to many a resolver. */
static bool looks_like_number(struct slice host)
{
	const char *p = host.p;
	size_t n = host.n;

	if (n > 0 && p[n - 1] == '.')
		n--;
	while (n > 0 && p[n - 1] != '.')
		n--;
	p += n;
	n = host.n - n;
	if (n > 0 && p[n - 1] == '.')
		n--;
	if (n >= 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		return true;
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return n > 0;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static const char *name_fault(struct slice host)
{
	size_t label = 0;

	if (host.n == 0 || host.n > NAME_BYTES_MAX)
		return "it has no host, or one that is too long";
	if (looks_like_number(host))
		return "an address is written as four numbers";
	for (size_t i = 0; i < host.n; i++) {
		bool dot = host.p[i] == '.';

		if (!dot && !is_name_char(host.p[i]))
			return "the host has a character that no name has "
			       "(write international names in Punycode)";
		if (dot ? label == 0 : label == LABEL_BYTES_MAX)
			return "a part of the host is empty or too long";
		label = dot ? 0 : label + 1;
	}
	return NULL;
}

static const char *address_fault(const struct target_rules *rules,
				 const struct target_address *a)
{
	if (target_allowed(rules, &a->sa))
		return NULL;
	return "the address is not a public one";
}

static const char *host_fault(const struct target_rules *rules,
			      struct url_parts *parts)
{
	struct slice host = parts->host;
	struct target_address a;
	bool brackets =
	    host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

	if (brackets)
		host = slice_bytes(host.p + 1, host.n - 2);
	parts->literal = target_address_parse(&a, host) == ERR_OK;
	if (brackets && (!parts->literal || a.sa.sa_family != AF_INET6))
		return "not an IPv6 address between the brackets";
	if (!parts->literal || (a.sa.sa_family == AF_INET6 && !brackets))
		return name_fault(host);
	parts->host = host;
	return address_fault(rules, &a);
}

/* What follows the colon. */
static bool port_parse(struct slice text, uint16_t *port)
{
	uint64_t n;

	if (text.n > PORT_DIGITS_MAX || !slice_parse_u64(text, &n) || n == 0 ||
	    n > UINT16_MAX)
		return false;
	*port = (uint16_t)n;
	return true;
}

static const char *authority_fault(struct slice authority,
				   struct url_parts *parts)
{
	size_t i = authority.n;

	parts->host = authority;
	parts->port = parts->https ? 443 : 80;
	if (memchr(authority.p, '@', authority.n))
		return "it has a user name, which belongs in a field of its "
		       "own";
	while (i > 0 && authority.p[i - 1] != ':' && authority.p[i - 1] != ']')
		i--;
	if (i == 0 || authority.p[i - 1] != ':')
		return NULL;
	parts->host.n = i - 1;
	if (!port_parse(slice_bytes(authority.p + i, authority.n - i),
			&parts->port))
		return "the port is not a number from 1 to 65535";
	return NULL;
}

static bool has_prefix(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n > n &&
	       slice_eq_nocase(slice_bytes(s.p, n), slice_of(prefix));
}

static const char *text_fault(struct slice url, size_t bytes_max)
{
	if (url.n > bytes_max)
		return "it is too long";
	for (size_t i = 0; i < url.n; i++) {
		unsigned char c = (unsigned char)url.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '\\')
			return "it has a space, a backslash, a control "
			       "character or one that is not ASCII";
		if (c == '#')
			return "it has a fragment, which is never sent";
	}
	return NULL;
}

/* The bytes of "https://", 0 when it begins with something else. */
static size_t scheme_bytes(const struct target_rules *rules, struct slice url,
			   struct url_parts *parts)
{
	parts->https = has_prefix(url, "https://");
	if (parts->https)
		return strlen("https://");
	return rules->dev && has_prefix(url, "http://") ? strlen("http://") : 0;
}

const char *url_parse(const struct target_rules *rules, struct slice url,
		      size_t bytes_max, struct url_parts *parts)
{
	const char *fault;
	size_t skip, n = 0;

	*parts = (struct url_parts){0};
	fault = text_fault(url, bytes_max);
	if (fault)
		return fault;
	skip = scheme_bytes(rules, url, parts);
	if (skip == 0)
		return rules->dev ? "it must begin with https:// or http://"
				  : "it must begin with https://";
	while (skip + n < url.n && !strchr("/?", url.p[skip + n]))
		n++;
	fault = authority_fault(slice_bytes(url.p + skip, n), parts);
	return fault ? fault : host_fault(rules, parts);
}
