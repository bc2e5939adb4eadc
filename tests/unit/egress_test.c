/*
 * egress_test - the settings of source addresses and proxy.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "net/egress.h"

static void sources(void **state)
{
	struct egress_sources s;
	struct slice bad;

	(void)state;
	assert_int_equal(egress_sources_parse(&s, NULL, &bad), ERR_OK);
	assert_false(egress_sources_any(&s));
	assert_null(egress_source_for(&s, AF_INET));
	assert_int_equal(egress_sources_parse(&s, "198.51.100.7", &bad),
			 ERR_OK);
	assert_true(egress_sources_any(&s));
	assert_int_equal(egress_source_for(&s, AF_INET)->in.sin_port, 0);
	assert_null(egress_source_for(&s, AF_INET6));
	assert_int_equal(
	    egress_sources_parse(&s, " 2001:db8::7 , 198.51.100.7 ", &bad),
	    ERR_OK);
	assert_non_null(egress_source_for(&s, AF_INET));
	assert_non_null(egress_source_for(&s, AF_INET6));
	assert_null(egress_source_for(&s, AF_UNIX));
}

static void bad_sources(void **state)
{
	static const char *const texts[] = {
	    "x",	  "127.1",	 "10.0.0.0/8",	"[::1]",
	    "fe80::1%lo", "10.0.0.1:80", "example.com", "0x7f000001",
	};
	struct egress_sources s;
	struct slice bad;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(egress_sources_parse(&s, texts[i], &bad),
				 ERR_BAD_VALUE);
		assert_true(slice_eq_str(bad, texts[i]));
	}
	assert_int_equal(egress_sources_parse(&s, "10.0.0.1,10.0.0.2", &bad),
			 ERR_BAD_VALUE);
	assert_true(slice_eq_str(bad, "10.0.0.2"));
}

static void proxies(void **state)
{
	static const char *const good[] = {
	    "http://proxy:3128",
	    "HTTP://10.0.0.1:3128",
	    "socks5://127.0.0.1:1080",
	    "socks5://[fd00::1]:1080",
	    "http://user:pass@proxy.example:3128",
	    "http://user:p%40ss%3a:x@proxy.example:3128",
	    "http://user@proxy:1",
	};
	static const char *const bad[] = {
	    "",
	    "http://",
	    "http://proxy",
	    "http://proxy:",
	    "http://proxy:0",
	    "http://proxy:65536",
	    "http://proxy:3128/",
	    "http://proxy:3128/x",
	    "http://proxy:3128?x",
	    "http://proxy:3128#x",
	    "http://:3128",
	    "http://[fd00::1]",
	    "http://[fd00::1%25eth0]:1",
	    "http://127.1:3128",
	    "http://@proxy:3128",
	    "http://u:p@q@proxy:3128",
	    "http://u:p/q@proxy:3128",
	    "http://u:p q@proxy:3128",
	    "http://u:p\r\nX: y@proxy:3128",
	    "http://proxy:3128\r\nX: y",
	    "https://proxy:3128",
	    "socks4://proxy:1080",
	    "socks5h://proxy:1080",
	    "proxy:3128",
	    "http://proxy:{{x}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (egress_proxy_fault(good[i]))
			fail_msg("%s: %s", good[i],
				 egress_proxy_fault(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!egress_proxy_fault(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sources),
	    cmocka_unit_test(bad_sources),
	    cmocka_unit_test(proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
