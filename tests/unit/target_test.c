/*
 * target_test - the address guard, address by address.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "net/target.h"

enum { NEVER, DEV, ALWAYS };

static const struct {
	const char *address;
	int when;
} rows[] = {
    {"1.1.1.1", ALWAYS},
    {"8.8.8.8", ALWAYS},
    {"9.255.255.255", ALWAYS},
    {"11.0.0.0", ALWAYS},
    {"100.63.255.255", ALWAYS},
    {"100.128.0.0", ALWAYS},
    {"172.15.255.255", ALWAYS},
    {"172.32.0.0", ALWAYS},
    {"192.167.255.255", ALWAYS},
    {"192.169.0.0", ALWAYS},
    {"198.17.255.255", ALWAYS},
    {"198.20.0.0", ALWAYS},
    {"223.255.255.255", ALWAYS},
    {"10.0.0.0", DEV},
    {"10.255.255.255", DEV},
    {"127.0.0.1", DEV},
    {"127.255.255.254", DEV},
    {"172.16.0.1", DEV},
    {"172.31.255.255", DEV},
    {"192.168.0.1", DEV},
    {"0.0.0.0", NEVER},
    {"0.1.2.3", NEVER},
    {"100.64.0.1", NEVER},
    {"100.100.100.200", NEVER},
    {"100.127.255.255", NEVER},
    {"168.63.129.16", NEVER},
    {"169.254.0.1", NEVER},
    {"169.254.169.254", NEVER},
    {"192.0.0.192", NEVER},
    {"191.255.255.255", ALWAYS},
    {"192.0.1.0", ALWAYS},
    {"192.0.3.0", ALWAYS},
    {"192.31.195.255", ALWAYS},
    {"192.31.196.1", NEVER},
    {"192.31.197.0", ALWAYS},
    {"192.52.193.1", NEVER},
    {"192.88.98.255", ALWAYS},
    {"192.88.100.0", ALWAYS},
    {"192.175.48.1", NEVER},
    {"192.175.49.0", ALWAYS},
    {"198.51.99.255", ALWAYS},
    {"198.51.101.0", ALWAYS},
    {"203.0.112.255", ALWAYS},
    {"203.0.114.0", ALWAYS},
    {"168.63.129.15", ALWAYS},
    {"168.63.129.17", ALWAYS},
    {"169.253.255.255", ALWAYS},
    {"169.255.0.0", ALWAYS},
    {"126.255.255.255", ALWAYS},
    {"128.0.0.0", ALWAYS},
    {"1.0.0.0", ALWAYS},
    {"192.0.2.1", NEVER},
    {"192.88.99.1", NEVER},
    {"198.18.0.1", NEVER},
    {"198.19.255.255", NEVER},
    {"198.51.100.7", NEVER},
    {"203.0.113.7", NEVER},
    {"224.0.0.1", NEVER},
    {"239.255.255.255", NEVER},
    {"240.0.0.1", NEVER},
    {"255.255.255.255", NEVER},
    {"2606:4700:4700::1111", ALWAYS},
    {"2a00:1450:4001:80b::200e", ALWAYS},
    {"::1", DEV},
    {"fc00::1", DEV},
    {"fdff:ffff::1", DEV},
    {"fd00:ec2::254", NEVER},
    {"fd20:ce::254", NEVER},
    {"fd00:c1::a9fe:a9fe", NEVER},
    {"2000::", ALWAYS},
    {"3ffe:ffff::1", ALWAYS},
    {"3fff:fff:ffff::1", NEVER},
    {"3fff:1000::1", ALWAYS},
    {"1fff:ffff::1", NEVER},
    {"2001:1ff:ffff::1", NEVER},
    {"2001:200::1", ALWAYS},
    {"2001:db7:ffff::1", ALWAYS},
    {"2001:db9::1", ALWAYS},
    {"2003::1", ALWAYS},
    {"2620:4f:8000::1", NEVER},
    {"2620:4f:8001::1", ALWAYS},
    {"fdff::1", DEV},
    {"fe00::1", NEVER},
    {"ff0e::1", NEVER},
    {"::2", NEVER},
    {"::fffe:8.8.8.8", NEVER},
    {"64:ff9b:1::1", NEVER},
    {"64:ff9b:2::1", NEVER},
    {"64:ff9b::1:8.8.8.8", NEVER},
    {"100:0:0:1::1", NEVER},
    {"::", NEVER},
    {"fe80::1", NEVER},
    {"febf::1", NEVER},
    {"fec0::1", NEVER},
    {"ff02::1", NEVER},
    {"100::1", NEVER},
    {"2001:db8::1", NEVER},
    {"3fff::1", NEVER},
    {"2001:2::1", NEVER},
    {"2001:10::1", NEVER},
    {"2001:20::1", NEVER},
    {"4000::1", NEVER},
    {"5f00::1", NEVER},
    /* IPv4 inside */
    {"::ffff:8.8.8.8", ALWAYS},
    {"::ffff:10.0.0.1", DEV},
    {"::ffff:127.0.0.1", DEV},
    {"::ffff:169.254.169.254", NEVER},
    {"::ffff:0:10.0.0.1", NEVER},
    {"::ffff:0:8.8.8.8", NEVER},
    {"::8.8.8.8", NEVER},
    {"::10.0.0.1", NEVER},
    {"::169.254.169.254", NEVER},
    {"64:ff9b::8.8.8.8", ALWAYS},
    {"64:ff9b::10.0.0.1", DEV},
    {"64:ff9b::169.254.169.254", NEVER},
    {"64:ff9b:1::8.8.8.8", NEVER},
    {"64:ff9b::100.64.0.1", NEVER},
    {"2002:808:808::1", NEVER},
    {"2002:a00:1::1", NEVER},
    {"2002:a9fe:a9fe::1", NEVER},
    /* Teredo: 0xa9fea9fe and 8.8.8.8 with all bits flipped */
    {"2001:0:4136:e378:8000:63bf:5601:5601", NEVER},
    {"2001:0:4136:e378:8000:63bf:f7f7:f7f7", NEVER},
    /* ISATAP, in a public and in a private network */
    {"2a00:1450::5efe:10.0.0.1", NEVER},
    {"2a00:1450::200:5efe:8.8.8.8", NEVER},
    {"fd12::5efe:10.0.0.1", NEVER},
    {"2a00:1450::100:5efe:8.8.8.8", ALWAYS},
};

static bool ask(const struct target_rules *rules, const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return target_allowed(rules, (struct sockaddr *)&in);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return target_allowed(rules, (struct sockaddr *)&in6);
}

static void special_addresses(void **state)
{
	static struct target_rules strict, dev;
	struct slice bad;

	(void)state;
	assert_int_equal(target_rules_parse(&strict, NULL, false, &bad),
			 ERR_OK);
	assert_int_equal(target_rules_parse(&dev, "", true, &bad), ERR_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool in_strict = ask(&strict, rows[i].address);
		bool in_dev = ask(&dev, rows[i].address);

		if (in_strict != (rows[i].when == ALWAYS) ||
		    in_dev != (rows[i].when != NEVER))
			fail_msg("%s", rows[i].address);
	}
}

static void allowed_nets(void **state)
{
	static struct target_rules rules;
	struct slice bad;

	(void)state;
	assert_int_equal(
	    target_rules_parse(&rules, "10.1.0.0/16, 192.168.7.9,fd12::/16 ,",
			       false, &bad),
	    ERR_OK);
	assert_true(ask(&rules, "10.1.2.3"));
	assert_true(ask(&rules, "::ffff:10.1.2.3"));
	assert_true(ask(&rules, "64:ff9b::10.1.2.3"));
	assert_false(ask(&rules, "10.2.0.1"));
	assert_true(ask(&rules, "192.168.7.9"));
	assert_false(ask(&rules, "192.168.7.8"));
	assert_true(ask(&rules, "fd12::1"));
	assert_false(ask(&rules, "fd13::1"));
	assert_int_equal(target_rules_parse(&rules, "0.0.0.0/0", false, &bad),
			 ERR_OK);
	assert_true(ask(&rules, "127.0.0.1"));
	assert_false(ask(&rules, "::1"));
	assert_int_equal(target_rules_parse(&rules, "2002::/16,169.254.169.254",
					    false, &bad),
			 ERR_OK);
	assert_true(ask(&rules, "2002:7f00:1::1"));
	assert_true(ask(&rules, "169.254.169.254"));
	assert_false(ask(&rules, "169.254.169.253"));
}

static void bad_nets(void **state)
{
	static const char *const bad_texts[] = {
	    "10.0.0.0/33", "10.0.0.1/8",  "10.0.0/8",	  "::/129",
	    "fd12::1/8",   "example.com", "10.0.0.0/",	  "/8",
	    "1.2.3.4/-1",  "x",		  "10.0.0.0/8/8",
	};
	static struct target_rules rules;
	struct slice bad;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_texts) / sizeof(*bad_texts); i++) {
		assert_int_equal(
		    target_rules_parse(&rules, bad_texts[i], false, &bad),
		    ERR_BAD_VALUE);
		assert_true(slice_eq_str(bad, bad_texts[i]));
	}
}

static void any_address(void **state)
{
	struct target_address a;

	(void)state;
	for (int dev = 0; dev <= 1; dev++) {
		const struct target_rules *any = target_rules_any(dev);

		assert_int_equal(any->dev, dev);
		assert_int_equal(
		    target_address_parse(&a, SLICE_LIT("169.254.169.254")),
		    ERR_OK);
		assert_true(target_allowed(any, &a.sa));
		assert_int_equal(target_address_parse(&a, SLICE_LIT("::1")),
				 ERR_OK);
		assert_true(target_allowed(any, &a.sa));
	}
}

static void other_families(void **state)
{
	static struct target_rules rules;
	struct sockaddr sa = {.sa_family = AF_UNIX};
	struct slice bad;

	(void)state;
	assert_int_equal(target_rules_parse(&rules, "::/0", true, &bad),
			 ERR_OK);
	assert_false(target_allowed(&rules, &sa));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(special_addresses), cmocka_unit_test(allowed_nets),
	    cmocka_unit_test(bad_nets),		 cmocka_unit_test(any_address),
	    cmocka_unit_test(other_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
