/*
 * url_test - which URLs a webhook may have.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "url.h"

static bool passes(const char *url, bool dev, const char *nets)
{
	const struct url_rules rules = {.dev = dev, .allow_nets = nets};
	bool unsupported;

	return url_fault(&rules, slice_of(url), &unsupported) == NULL;
}

static void test_good(void **state)
{
	static const char *const good[] = {
	    "https://example.com",
	    "https://example.com/",
	    "HTTPS://Example.COM:8443/a/b?c=d&e={f}",
	    "https://example.com?x",
	    "https://a_b.example.com./x",
	    "https://xn--bcher-kva.example/",
	    "https://8.8.8.8/",
	    "https://[2606:4700::1111]:443/",
	    "https://1.example.com/",
	    "https://example.com/@x:y",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!passes(good[i], false, NULL))
			fail_msg("refused: %s", good[i]);
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
	    "",
	    "https://",
	    "https:///x",
	    "https://?x",
	    "http://example.com/",
	    "ftp://example.com/",
	    "//example.com/",
	    "example.com",
	    "https://user@example.com/",
	    "https://user:pw@example.com/",
	    "https://example.com@127.0.0.1/",
	    "https://example.com:0/",
	    "https://example.com:/",
	    "https://example.com:65536/",
	    "https://example.com:80:80/",
	    "https://example.com:x/",
	    "https://exa mple.com/",
	    "https://example.com/\r\nX: y",
	    "https://example.com/\t",
	    "https://example.com/\x7f",
	    "https://b\xc3\xbc"
	    "cher.example/",
	    "https://example.com\\@x/",
	    "https://example.com/#f",
	    "https://.example.com/",
	    "https://example..com/",
	    "https://example.com%00/",
	    "https://{{host}}/",
	    "https://example.com/?c={{campaignId}}",
	    "https://127.0.0.1/",
	    "https://10.1.2.3/",
	    "https://100.64.0.1/",
	    "https://169.254.169.254/latest",
	    "https://172.31.255.255/",
	    "https://192.168.0.1:8080/",
	    "https://192.0.2.1/",
	    "https://198.19.0.1/",
	    "https://224.0.0.1/",
	    "https://255.255.255.255/",
	    "https://0.0.0.0/",
	    "https://2130706433/",
	    "https://0x7f000001/",
	    "https://0x7f.1/",
	    "https://127.1/",
	    "https://127.0.0.1./",
	    "https://017700000001/",
	    "https://[::1]/",
	    "https://[::]/",
	    "https://[::ffff:127.0.0.1]/",
	    "https://[64:ff9b::7f00:1]/",
	    "https://[2002:7f00:1::]/",
	    "https://[fe80::1]/",
	    "https://[fe80::1%25eth0]/",
	    "https://[fc00::1]/",
	    "https://[ff02::1]/",
	    "https://[2001:db8::1]/",
	    "https://[::1",
	    "https://::1/",
	    "https://[1.2.3.4]/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (passes(bad[i], false, NULL))
			fail_msg("taken: %s", bad[i]);
}

static void test_dev_and_nets(void **state)
{
	(void)state;
	assert_true(passes("http://example.com/", true, NULL));
	assert_true(passes("http://127.0.0.1:8080/x", true, NULL));
	assert_true(passes("https://[::1]/", true, NULL));
	assert_false(passes("http://0x7f.1/", true, NULL));
	assert_false(passes("ftp://127.0.0.1/", true, NULL));
	assert_true(passes("https://10.1.2.3/", false, "10.0.0.0/8"));
	assert_true(passes("https://10.1.2.3/", false, "fd00::/8, 10.1.2.3"));
	assert_false(passes("https://10.2.2.3/", false, "10.1.0.0/16"));
	assert_true(passes("https://[fd00::1]/", false, "10.0.0.0/8,fd00::/8"));
	assert_false(
	    passes("https://10.1.2.3/", false, "nonsense,10.0.0.0/99"));
	assert_false(passes("http://10.1.2.3/", false, "10.0.0.0/8"));
}

static void test_length(void **state)
{
	char *url = malloc(4096);

	(void)state;
	memset(url, 'x', 4096);
	memcpy(url, "https://example.com/", 20);
	url[URL_BYTES_MAX] = 0;
	assert_true(passes(url, false, NULL));
	url[URL_BYTES_MAX] = 'x';
	url[URL_BYTES_MAX + 1] = 0;
	assert_false(passes(url, false, NULL));
	free(url);
}

static void test_random(void **state)
{
	static const char alphabet[] = "https://[]:@.{}%#?&127x0f \\\n";
	char url[64];

	(void)state;
	srandom(7);
	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)random() % 40;

		memcpy(url, "https://", 8);
		for (size_t k = 8; k < 8 + n; k++)
			url[k] =
			    alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
		url[8 + n] = 0;
		passes(url, i & 1, "10.0.0.0/8");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),	 cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_dev_and_nets), cmocka_unit_test(test_length),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
