/*
 * url_test - which URLs a webhook may have.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/url.h"

/* libcurl writes an IPv6 address in its shortest form. */
static bool same_host(struct slice a, struct slice b)
{
	struct target_address x, y;

	if (target_address_parse(&x, a) != ERR_OK ||
	    target_address_parse(&y, b) != ERR_OK)
		return slice_eq_nocase(a, b);
	return memcmp(&x, &y, sizeof(x)) == 0;
}

/* What is taken here has to be the same place for libcurl. */
static void compare_to_libcurl(const char *url, const struct url_parts *parts)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL, *scheme = NULL, *user = NULL;
	struct slice h;

	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
		fail_msg("libcurl refuses: %s", url);
	assert_int_equal(curl_url_get(u, CURLUPART_HOST, &host, 0), CURLUE_OK);
	assert_int_equal(curl_url_get(u, CURLUPART_SCHEME, &scheme, 0),
			 CURLUE_OK);
	assert_int_equal(
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT),
	    CURLUE_OK);
	assert_int_equal(curl_url_get(u, CURLUPART_USER, &user, 0),
			 CURLUE_NO_USER);
	h = slice_of(host);
	if (h.p[0] == '[')
		h = slice_bytes(h.p + 1, h.n - 2);
	if (!same_host(h, parts->host))
		fail_msg("libcurl goes to %s: %s", host, url);
	assert_int_equal(strtol(port, NULL, 10), parts->port);
	assert_string_equal(scheme, parts->https ? "https" : "http");
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	curl_url_cleanup(u);
}

static bool passes(const char *url, bool dev, const char *nets)
{
	struct target_rules rules;
	struct url_parts parts;
	struct slice bad;

	assert_int_equal(target_rules_parse(&rules, nets, dev, &bad), ERR_OK);
	if (url_parse(&rules, slice_of(url), URL_BYTES_MAX, &parts))
		return false;
	compare_to_libcurl(url, &parts);
	return true;
}

static void test_good(void **state)
{
	static const char *const good[] = {
	    "https://example.com/?c={{campaignId}}",
	    "https://example.com/{{a}}/{{b.c}}?d",
	    "https://example.com",
	    "https://example.com/",
	    "HTTPS://Example.COM:8443/a/b?c=d&e={f}",
	    "https://example.com?x",
	    "https://a_b.example.com./x",
	    "https://xn--bcher-kva.example/",
	    "https://8.8.8.8/",
	    "https://[2606:4700::1111]:443/",
	    "https://1.example.com/",
	    "https://127.0.0.1.example.com/",
	    "https://0x7f.example/",
	    "https://localhost/",
	    "https://example.com/?u=https://127.0.0.1/",
	    "https://example.com//127.0.0.1/../%2e%2e/",
	    "https://example.com:443?@127.0.0.1/",
	    "https://8.8.8.8:65535/",
	    "https://[2606:4700:0:0:0:0:0:1111]/",
	    "https://example.com/@x:y",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!passes(good[i], false, NULL))
			fail_msg("refused: %s", good[i]);
}

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
    "https://example.{{tld}}/",
    "https://example.com{{path}}/",
    "https://example.com:{{port}}/",
    "https://{{user}}@example.com/",
    "{{scheme}}://example.com/",
    "https{{s}}://example.com/",
    "https:{{slashes}}example.com/",
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
    /* other spellings of addresses that are not public */
    "https://0/",
    "https://0.0/",
    "https://127.0.1/",
    "https://127.00.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://0X7F.0.0.1/",
    "https://0x7f000001./",
    "https://2130706433./",
    "https://4294967295/",
    "https://0xffffffff/",
    "https://127.1./",
    "https://169.254.43518/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://127.0.0.1:443/",
    "https://8.8.8/",
    "https://8.8.8.8./",
    "https://8.8.8.256/",
    "https://8.8.8.8.8/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:127.0.0.1]/",
    "https://[::ffff:0:7f00:1]/",
    "https://[::7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b:1::8.8.8.8]/",
    "https://[2002:7f00:1::1]/",
    "https://[2001:0:4136:e378:8000:63bf:f5ff:fffe]/",
    "https://[2a00:1450::5efe:10.0.0.1]/",
    "https://[fd00:ec2::254]/",
    "https://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "https://[2606:4700::1111%25eth0]/",
    "https://[2606:4700::1111%eth0]/",
    "https://[2606:4700::1111%0]/",
    "https://[2606:4700::1111]x/",
    "https://[2606:4700::1111/",
    "https://2606:4700::1111/",
    "https://2606:4700::1111]/",
    "https://[[2606:4700::1111]]/",
    "https://[]/",
    "https://[v1.x]/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    /* hosts that are not what they seem */
    "https://good.example@evil.example/",
    "https://good.example%40evil.example/",
    "https://good.example\\@evil.example/",
    "https://good.example\\.evil.example/",
    "https:\\\\evil.example/",
    "https://@evil.example/",
    "https://:@evil.example/",
    "https://:443/",
    "https://good.example#@evil.example/",
    "https://evil.example;good.example/",
    "https://evil.example,good.example/",
    "https://evil%2eexample/",
    "https://%65vil.example/",
    "https://evil.example%2f.good.example/",
    "https://127.0.0.1%23.good.example/",
    "https://example.com\t/",
    "https://exam\tple.com/",
    "https://exam\nple.com/",
    "https://example.com\r\n/",
    " https://example.com/",
    "https://example.com/ ",
    "\thttps://example.com/",
    "https://example.com/a b",
    "https://ex_ample..com/",
    "https://example.com../",
    "https://./",
    "https://../",
    "https://*.example.com/",
    "https://exa$mple.com/",
    "https://exa'mple.com/",
    "https://exa<mple.com/",
    "https://exa^mple.com/",
    "https://exa|mple.com/",
    "https://exa`mple.com/",
    "https://{a,b}.example/",
    "https://[1-9].example/",
    /* international: only as Punycode */
    "https://b\xc3\xbc"
    "cher.example/",
    "https://\xe2\x91\xa0\xe2\x91\xa1.example/",
    "https://127\xe3\x80\x82"
    "0\xe3\x80\x82"
    "0\xe3\x80\x82"
    "1/",
    "https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",
    "https://example\xef\xbc\x8e"
    "com/",
    "https://ex\xc2\xad"
    "ample.com/",
    "https://example.com/\xc3\xbc",
    "https://example.com/\xff",
    /* schemes and slashes */
    "https:/example.com/",
    "https:example.com/",
    "https:///example.com/",
    "https:////example.com/",
    "https//example.com/",
    "https ://example.com/",
    "https:/\\example.com/",
    "://example.com/",
    "/example.com/",
    "httpss://example.com/",
    "https+unix://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:https://example.com/",
    "url:https://example.com/",
    /* ports */
    "https://example.com:00/",
    "https://example.com:99999/",
    "https://example.com:000443/",
    "https://example.com:4294967739/",
    "https://example.com:-443/",
    "https://example.com:+443/",
    "https://example.com:0x1bb/",
    "https://example.com:443a/",
    "https://example.com: 443/",
    "https://example.com:443:/",
    "https://[2606:4700::1111]:/",
    "https://[2606:4700::1111]:0/",
};

static void test_bad(void **state)
{
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
	/* Metadata, also while developing. */
	assert_false(passes("http://169.254.169.254/", true, NULL));
	assert_true(passes("http://169.254.169.254/", true, "169.254.0.0/16"));
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

static void test_labels(void **state)
{
	char url[512], name[300];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (int n = 62; n < 66; n++) {
		(void)snprintf(url, sizeof(url), "https://%.*s.example/", n,
			       name);
		assert_int_equal(passes(url, false, NULL), n <= 63);
	}
	for (size_t i = 2; i < sizeof(name); i += 3)
		name[i] = '.';
	for (int n = 250; n < 257; n++) {
		(void)snprintf(url, sizeof(url), "https://%.*s/", n, name);
		assert_int_equal(passes(url, false, NULL), n <= 253);
	}
}

static void test_parts(void **state)
{
	static const struct target_rules rules;
	struct url_parts parts;

	(void)state;
	assert_null(url_parse(&rules, SLICE_LIT("https://a.example:8443/x"),
			      URL_BYTES_MAX, &parts));
	assert_true(slice_eq_str(parts.host, "a.example"));
	assert_int_equal(parts.port, 8443);
	assert_true(parts.https);
	assert_false(parts.literal);
	assert_null(url_parse(&rules, SLICE_LIT("https://[2606:4700::1]?x"),
			      URL_BYTES_MAX, &parts));
	assert_true(slice_eq_str(parts.host, "2606:4700::1"));
	assert_int_equal(parts.port, 443);
	assert_true(parts.literal);
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
	    cmocka_unit_test(test_labels),	 cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
