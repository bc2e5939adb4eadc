/*
 * target - the tables of special-purpose addresses (IANA registries of IPv4 and
 * IPv6, and what clouds serve their metadata on).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define MAPPED_BITS 96 /* ::ffff:0:0/96 stands for all of IPv4 */

enum kind {
	KIND_REFUSED,
	KIND_LOCAL, /* private or loopback: allowed with --dev */
	KIND_PUBLIC,
	KIND_EMBEDS, /* IPv4 in the last four bytes: look at that */
};

struct special {
	uint8_t bytes[16];
	unsigned prefix;
	enum kind kind;
};

#define V4(a, b, c, d, bits, kind)                                      \
	{                                                               \
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, \
		    MAPPED_BITS + (bits), kind                          \
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

    {{[15] = 1}, 128, KIND_LOCAL}, /* ::1 */
    /* What a NAT64 gateway would send to; where there is only IPv6 all of IPv4
     * is reached so. Translation prefixes of one site only cannot be known. */
    {{0x00, 0x64, 0xff, 0x9b}, 96, KIND_EMBEDS},
    /* Other ways to put IPv4 into IPv6 are refused, whatever is inside.
     * ::/96 (compatible), ::ffff:0:0:0/96 (translated) and 64:ff9b:1::/48 are
     * outside 2000::/3. */
    {{0x20, 0x02}, 16, KIND_REFUSED},		  /* 6to4 */
    {{0x20, 0x01}, 23, KIND_REFUSED},		  /* Teredo, ORCHID, … */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, KIND_REFUSED}, /* documentation */
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48, KIND_REFUSED}, /* AS112 */
    {{0x3f, 0xff}, 20, KIND_REFUSED},			/* documentation */
    /* Metadata of EC2, Google and Oracle: unique local, but not for developers
     * either. */
    {{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, 0x54}, 128, KIND_REFUSED},
    {{0xfd, 0x20, 0x00, 0xce, [14] = 0x02, 0x54}, 128, KIND_REFUSED},
    {{0xfd, 0x00, 0x00, 0xc1, [12] = 0xa9, 0xfe, 0xa9, 0xfe},
     128,
     KIND_REFUSED},
    {{0xfc}, 7, KIND_LOCAL},  /* unique local */
    {{0x20}, 3, KIND_PUBLIC}, /* global unicast */
    {{0}, 0, KIND_REFUSED},   /* everything else */
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

/* RFC 5214: any prefix, then 0000:5efe or 0200:5efe and an IPv4 address. */
static bool is_isatap(const uint8_t address[16])
{
	static const uint8_t mark[] = {0x00, 0x00, 0x5e, 0xfe};

	return (address[8] & ~0x02) == mark[0] &&
	       memcmp(address + 9, mark + 1, 3) == 0;
}

static bool allowed(const struct target_rules *rules, const uint8_t address[16])
{
	const struct special *s = special_find(address);
	uint8_t inner[16];

	if (listed(rules, address))
		return true;
	if (s->kind == KIND_REFUSED || is_isatap(address))
		return false;
	if (s->kind == KIND_PUBLIC)
		return true;
	if (s->kind == KIND_LOCAL)
		return rules->dev;
	map_v4(inner, address + 12);
	/* A mapped address is never a NAT64 one: this goes one level deep. */
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

enum err target_address_parse(struct target_address *a, struct slice text)
{
	char name[INET6_ADDRSTRLEN];

	memset(a, 0, sizeof(*a));
	if (!slice_cstr(name, sizeof(name), text))
		return ERR_BAD_VALUE;
	if (inet_pton(AF_INET, name, &a->in.sin_addr) == 1)
		a->sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, name, &a->in6.sin6_addr) == 1)
		a->sa.sa_family = AF_INET6;
	else
		return ERR_BAD_VALUE;
	return ERR_OK;
}

/* "10.0.0.0/8", "10.1.2.3", "fd00::/8". Bits behind the prefix must be 0. */
static enum err net_parse(struct target_net *net, struct slice text)
{
	const char *slash = memchr(text.p, '/', text.n);
	struct slice host = text;
	uint64_t bits = 128;
	unsigned base = 0;
	struct target_address a;

	if (slash)
		host.n = (size_t)(slash - text.p);
	if (target_address_parse(&a, host) != ERR_OK)
		return ERR_BAD_VALUE;
	memcpy(net->bytes, &a.in6.sin6_addr, sizeof(net->bytes));
	if (a.sa.sa_family == AF_INET) {
		map_v4(net->bytes, &a.in.sin_addr);
		base = MAPPED_BITS;
		bits = 32;
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

const struct target_rules *target_rules_any(bool dev)
{
	/* One network without a prefix: everything is within it. */
	static const struct target_rules any[] = {
	    {.dev = false, .n = 1},
	    {.dev = true, .n = 1},
	};

	return &any[dev];
}
