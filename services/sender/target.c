/*
 * target - the tables of special-purpose addresses (IANA registries of IPv4 and
 * IPv6, and what clouds serve their metadata on).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define MAPPED_BITS 96 /* ::ffff:0:0/96 stands for all of IPv4 */

enum kind {
	KIND_REFUSED,
	KIND_LOCAL,	      /* private or loopback: allowed with --dev */
	KIND_PUBLIC,	      /* a part of a refused range that is public */
	KIND_EMBEDS,	      /* IPv4 inside: look at that */
	KIND_EMBEDS_INVERTED, /* the same, all bits flipped (Teredo) */
};

struct special {
	uint8_t bytes[16];
	unsigned prefix;
	enum kind kind;
	unsigned at; /* where the embedded IPv4 address begins */
};

#define V4(a, b, c, d, bits, kind)                                      \
	{                                                               \
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, \
		    MAPPED_BITS + (bits), kind, 0                       \
	}

/* Most specific first where they overlap. What no row names is public in IPv4
 * and, outside 2000::/3, refused in IPv6. */
static const struct special specials[] = {
    V4(168, 63, 129, 16, 32, KIND_REFUSED), /* Azure's host agent */
    V4(0, 0, 0, 0, 8, KIND_REFUSED),	    /* "this network" */
    V4(10, 0, 0, 0, 8, KIND_LOCAL),
    V4(100, 64, 0, 0, 10, KIND_REFUSED), /* CGNAT */
    V4(127, 0, 0, 0, 8, KIND_LOCAL),
    V4(169, 254, 0, 0, 16, KIND_REFUSED), /* link-local, metadata */
    V4(172, 16, 0, 0, 12, KIND_LOCAL),
    V4(192, 0, 0, 0, 24, KIND_REFUSED),	   /* IETF protocol assignments */
    V4(192, 0, 2, 0, 24, KIND_REFUSED),	   /* documentation */
    V4(192, 31, 196, 0, 24, KIND_REFUSED), /* AS112 */
    V4(192, 52, 193, 0, 24, KIND_REFUSED), /* AMT */
    V4(192, 88, 99, 0, 24, KIND_REFUSED),  /* 6to4 relays */
    V4(192, 168, 0, 0, 16, KIND_LOCAL),
    V4(192, 175, 48, 0, 24, KIND_REFUSED), /* AS112 */
    V4(198, 18, 0, 0, 15, KIND_REFUSED),   /* benchmarking */
    V4(198, 51, 100, 0, 24, KIND_REFUSED), /* documentation */
    V4(203, 0, 113, 0, 24, KIND_REFUSED),  /* documentation */
    V4(224, 0, 0, 0, 4, KIND_REFUSED),	   /* multicast */
    V4(240, 0, 0, 0, 4, KIND_REFUSED),	   /* reserved, broadcast */
    V4(0, 0, 0, 0, 0, KIND_PUBLIC),

    {{[15] = 1}, 128, KIND_LOCAL, 0}, /* ::1 */
    {{[15] = 0}, 128, KIND_REFUSED, 0},
    /* IPv4-compatible, translated and NAT64: what a gateway would send to. */
    {{0}, 96, KIND_EMBEDS, 12},
    {{[8] = 0xff, 0xff}, 96, KIND_EMBEDS, 12},
    {{0x00, 0x64, 0xff, 0x9b}, 96, KIND_EMBEDS, 12},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, KIND_REFUSED, 0},
    {{0x20, 0x02}, 16, KIND_EMBEDS, 2},			   /* 6to4 */
    {{0x20, 0x01}, 32, KIND_EMBEDS_INVERTED, 12},	   /* Teredo */
    {{0x20, 0x01}, 23, KIND_REFUSED, 0},		   /* protocols */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, KIND_REFUSED, 0},	   /* documentation */
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48, KIND_REFUSED, 0}, /* AS112 */
    {{0x3f, 0xff}, 20, KIND_REFUSED, 0},		   /* documentation */
    /* Metadata of EC2: unique local, but not for developers either. */
    {{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, 0x54}, 128, KIND_REFUSED, 0},
    {{0xfc}, 7, KIND_LOCAL, 0},	 /* unique local */
    {{0x20}, 3, KIND_PUBLIC, 0}, /* global unicast */
    {{0}, 0, KIND_REFUSED, 0},	 /* everything else */
};

static bool within(const uint8_t address[16], const uint8_t net[16],
		   unsigned prefix)
{
	unsigned whole = prefix / 8, rest = prefix % 8;

	if (memcmp(address, net, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	return ((address[whole] ^ net[whole]) >> (8 - rest)) == 0;
}

static void map_v4(uint8_t out[16], const void *v4)
{
	memset(out, 0, 10);
	out[10] = out[11] = 0xff;
	memcpy(out + 12, v4, 4);
}

static const struct special *special_find(const uint8_t address[16])
{
	const struct special *s = specials;

	while (!within(address, s->bytes, s->prefix))
		s++; /* the last row holds everything */
	return s;
}

static bool listed(const struct target_rules *rules, const uint8_t address[16])
{
	for (size_t i = 0; i < rules->n; i++)
		if (within(address, rules->nets[i].bytes,
			   rules->nets[i].prefix))
			return true;
	return false;
}

static bool allowed(const struct target_rules *rules, const uint8_t address[16])
{
	const struct special *s = special_find(address);
	uint8_t inner[16];

	if (listed(rules, address) || s->kind == KIND_PUBLIC)
		return true;
	if (s->kind == KIND_REFUSED)
		return false;
	if (s->kind == KIND_LOCAL)
		return rules->dev;
	map_v4(inner, address + s->at);
	for (unsigned i = 12; s->kind == KIND_EMBEDS_INVERTED && i < 16; i++)
		inner[i] ^= 0xff;
	/* An IPv4 row never embeds: this goes one level deep. */
	return allowed(rules, inner);
}

bool target_allowed(const struct target_rules *rules,
		    const struct sockaddr *address)
{
	uint8_t bytes[16];

	switch (address->sa_family) {
	case AF_INET: {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		map_v4(bytes, &in.sin_addr);
		return allowed(rules, bytes);
	}
	case AF_INET6: {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		memcpy(bytes, &in6.sin6_addr, sizeof(bytes));
		return allowed(rules, bytes);
	}
	default:
		return false;
	}
}

/* "10.0.0.0/8", "10.1.2.3", "fd00::/8". Bits behind the prefix must be 0. */
static enum err net_parse(struct target_net *net, struct slice text)
{
	const char *slash = memchr(text.p, '/', text.n);
	struct slice host = text;
	uint64_t bits = 128;
	unsigned base = 0;
	char name[INET6_ADDRSTRLEN];
	uint8_t v4[4];

	if (slash)
		host.n = (size_t)(slash - text.p);
	if (!slice_cstr(name, sizeof(name), host))
		return ERR_BAD_VALUE;
	if (inet_pton(AF_INET, name, v4) == 1) {
		map_v4(net->bytes, v4);
		base = MAPPED_BITS;
		bits = 32;
	} else if (inet_pton(AF_INET6, name, net->bytes) != 1) {
		return ERR_BAD_VALUE;
	}
	if (slash) {
		uint64_t given;
		struct slice tail = {slash + 1, text.n - host.n - 1};

		if (!slice_parse_u64(tail, &given) || given > bits)
			return ERR_BAD_VALUE;
		bits = given;
	}
	net->prefix = base + (unsigned)bits;
	for (unsigned i = net->prefix; i < 128; i++)
		if (net->bytes[i / 8] & (0x80 >> i % 8))
			return ERR_BAD_VALUE;
	return ERR_OK;
}

static struct slice trim(struct slice s)
{
	while (s.n > 0 && s.p[0] == ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

enum err target_rules_parse(struct target_rules *rules, const char *allow_nets,
			    bool dev, struct slice *bad)
{
	const char *p = allow_nets ? allow_nets : "";

	rules->dev = dev;
	rules->n = 0;
	while (*p) {
		size_t n = strcspn(p, ",");
		struct slice entry = trim(slice_bytes(p, n));

		p += n + (p[n] == ',');
		if (entry.n == 0)
			continue;
		*bad = entry;
		if (rules->n == TARGET_NETS_MAX)
			return ERR_FULL;
		if (net_parse(&rules->nets[rules->n], entry) != ERR_OK)
			return ERR_BAD_VALUE;
		rules->n++;
	}
	return ERR_OK;
}
