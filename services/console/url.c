/*
 * url - is this a URL that a webhook may have?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "url.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

struct address {
	uint8_t b[16];
	unsigned bits; /* 32 or 128 */
};

struct net {
	const char *text;
	unsigned bits;
};

static bool address_parse(struct slice s, struct address *a)
{
	char text[64];

	memset(a, 0, sizeof(*a));
	if (!slice_cstr(text, sizeof(text), s))
		return false;
	a->bits = 32;
	if (inet_pton(AF_INET, text, a->b) == 1)
		return true;
	a->bits = 128;
	return inet_pton(AF_INET6, text, a->b) == 1;
}

static bool address_in(const struct address *a, const struct address *net,
		       unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (a->bits != net->bits || bits > net->bits ||
	    memcmp(a->b, net->b, bytes) != 0)
		return false;
	return rest == 0 || (a->b[bytes] ^ net->b[bytes]) >> (8 - rest) == 0;
}

static bool in_net_text(const struct address *a, struct slice cidr)
{
	const char *slash = cidr.n ? memchr(cidr.p, '/', cidr.n) : NULL;
	struct slice host = cidr;
	struct address net;
	uint64_t bits;

	if (slash)
		host.n = (size_t)(slash - cidr.p);
	if (!address_parse(host, &net))
		return false;
	bits = net.bits;
	if (slash && !slice_parse_u64(
			 slice_bytes(slash + 1, cidr.n - host.n - 1), &bits))
		return false;
	return bits <= net.bits && address_in(a, &net, (unsigned)bits);
}

static bool is_allowed(const struct address *a, const char *nets)
{
	for (const char *at = nets; at && *at;) {
		size_t n = strcspn(at, ", ");

		if (n > 0 && in_net_text(a, slice_bytes(at, n)))
			return true;
		at += n;
		at += *at != 0;
	}
	return false;
}

static bool in_any(const struct address *a, const struct net *nets, size_t n)
{
	struct address net;

	for (size_t i = 0; i < n; i++)
		if (address_parse(slice_of(nets[i].text), &net) &&
		    address_in(a, &net, nets[i].bits))
			return true;
	return false;
}

/* Of IPv6 only what is assigned for global unicast, less what embeds an IPv4
 * address or is for documentation. */
static bool is_public(const struct address *a)
{
	static const struct net no4[] = {
	    {"0.0.0.0", 8},	 {"10.0.0.0", 8},     {"100.64.0.0", 10},
	    {"127.0.0.0", 8},	 {"169.254.0.0", 16}, {"172.16.0.0", 12},
	    {"192.0.0.0", 24},	 {"192.0.2.0", 24},   {"192.88.99.0", 24},
	    {"192.168.0.0", 16}, {"198.18.0.0", 15},  {"198.51.100.0", 24},
	    {"203.0.113.0", 24}, {"224.0.0.0", 4},    {"240.0.0.0", 4},
	};
	static const struct net yes6[] = {{"2000::", 3}};
	static const struct net no6[] = {
	    {"2001::", 23},
	    {"2001:db8::", 32},
	    {"2002::", 16},
	    {"3fff::", 20},
	};

	if (a->bits == 32)
		return !in_any(a, no4, sizeof(no4) / sizeof(no4[0]));
	return in_any(a, yes6, 1) &&
	       !in_any(a, no6, sizeof(no6) / sizeof(no6[0]));
}

static const char *address_fault(const struct url_rules *rules,
				 const struct address *a)
{
	if (rules->dev || is_public(a) || is_allowed(a, rules->allow_nets))
		return NULL;
	return "the address is not a public one";
}

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

static const char *name_fault(struct slice host)
{
	if (host.n == 0 || host.n > 253)
		return "it has no host, or one that is too long";
	if (looks_like_number(host))
		return "an address is written as four numbers";
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		bool dot = c == '.' && (i == 0 || host.p[i - 1] == '.');

		if (dot || !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '.' ||
			     c == '_'))
			return "the host has a character that no name has "
			       "(write international names in Punycode)";
	}
	return NULL;
}

static const char *host_fault(const struct url_rules *rules, struct slice host)
{
	struct address a;

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
		if (!address_parse(slice_bytes(host.p + 1, host.n - 2), &a) ||
		    a.bits != 128)
			return "not an IPv6 address between the brackets";
		return address_fault(rules, &a);
	}
	if (address_parse(host, &a) && a.bits == 32)
		return address_fault(rules, &a);
	return name_fault(host);
}

static const char *authority_fault(const struct url_rules *rules,
				   struct slice authority)
{
	struct slice host = authority;
	uint64_t port;
	size_t i = authority.n;

	if (memchr(authority.p, '@', authority.n))
		return "it has a user name; use auth";
	while (i > 0 && authority.p[i - 1] != ':' && authority.p[i - 1] != ']')
		i--;
	if (i > 0 && authority.p[i - 1] == ':') {
		host.n = i - 1;
		if (!slice_parse_u64(
			slice_bytes(authority.p + i, authority.n - i), &port) ||
		    port == 0 || port > 65535)
			return "the port is not a number from 1 to 65535";
	}
	return host_fault(rules, host);
}

static bool has_prefix(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n > n &&
	       slice_eq_nocase(slice_bytes(s.p, n), slice_of(prefix));
}

static const char *text_fault(struct slice url, bool *unsupported)
{
	if (url.n > URL_BYTES_MAX)
		return "it is longer than 2048 bytes";
	for (size_t i = 0; i < url.n; i++) {
		unsigned char c = (unsigned char)url.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '\\')
			return "it has a space, a backslash, a control "
			       "character or one that is not ASCII";
		if (c == '#')
			return "it has a fragment, which is never sent";
		if ((c == '{' || c == '}') && i + 1 < url.n &&
		    url.p[i + 1] == (char)c) {
			*unsupported = true;
			return "merge fields are not supported by this version";
		}
	}
	return NULL;
}

const char *url_fault(const struct url_rules *rules, struct slice url,
		      bool *unsupported)
{
	const char *fault;
	size_t skip, n = 0;

	*unsupported = false;
	fault = text_fault(url, unsupported);
	if (fault)
		return fault;
	if (has_prefix(url, "https://"))
		skip = 8;
	else if (rules->dev && has_prefix(url, "http://"))
		skip = 7;
	else
		return rules->dev ? "it must begin with https:// or http://"
				  : "it must begin with https://";
	while (skip + n < url.n && !strchr("/?", url.p[skip + n]))
		n++;
	return authority_fault(rules, slice_bytes(url.p + skip, n));
}
