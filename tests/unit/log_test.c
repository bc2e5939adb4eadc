/*
 * log_test - what arrives on standard error.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

struct capture {
	int saved;
	int fds[2];
	char text[20000];
};

/* Standard error is a pipe that keeps each write apart. */
static void capture_start(struct capture *c)
{
	assert_int_equal(pipe2(c->fds, O_DIRECT | O_NONBLOCK), 0);
	c->saved = dup(STDERR_FILENO);
	dup2(c->fds[1], STDERR_FILENO);
}

/* Returns how many writes there were. */
static int capture_stop(struct capture *c)
{
	size_t n = 0;
	int writes = 0;
	ssize_t got;

	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	close(c->fds[1]);
	while ((got = read(c->fds[0], c->text + n, sizeof(c->text) - 1 - n)) >
	       0) {
		n += (size_t)got;
		writes++;
	}
	c->text[n] = '\0';
	close(c->fds[0]);
	return writes;
}

static void a_line_is_one_write_of_logfmt(void **state)
{
	struct capture c;
	uint64_t ms;

	(void)state;
	log_setup("router", LOG_INFO);
	capture_start(&c);
	log_info("lease_taken", "partition=%d epoch=%d", 7, 3);
	assert_int_equal(capture_stop(&c), 1);
	assert_memory_equal(c.text, "ts=", 3);
	assert_int_equal(rfc3339_parse(slice_bytes(c.text + 3, 24), &ms),
			 ERR_OK);
	assert_string_equal(c.text + 27, " level=info service=router "
					 "event=lease_taken partition=7 "
					 "epoch=3\n");
}

static int evaluated;

static int evaluate(void)
{
	return ++evaluated;
}

static void levels_are_filtered_before_anything_is_made(void **state)
{
	struct capture c;

	(void)state;
	log_setup("router", LOG_WARN);
	capture_start(&c);
	log_info("nothing", "x=%d", evaluate());
	log_debug("nothing", "x=%d", evaluate());
	assert_int_equal(capture_stop(&c), 0);
	assert_int_equal(evaluated, 0);
	assert_true(log_enabled(LOG_ERROR) && log_enabled(LOG_WARN));
	assert_false(log_enabled(LOG_INFO) || log_enabled(LOG_DEBUG));
}

static void repeat(struct log_site *site, int times)
{
	for (int i = 0; i < times; i++)
		log_write(site, LOG_WARN, "bad_frame", "peer=%d", i);
}

static void a_repeating_site_is_counted(void **state)
{
	struct log_site site = {0};
	struct capture c;

	(void)state;
	log_setup("router", LOG_INFO);
	capture_start(&c);
	repeat(&site, 10);
	site.last_ms -= 1000; /* a second later */
	repeat(&site, 3);
	assert_int_equal(capture_stop(&c), 2);
	assert_non_null(strstr(c.text, "event=bad_frame peer=0\n"));
	assert_non_null(
	    strstr(c.text, "event=bad_frame suppressed=9 peer=0\n"));
	assert_int_equal(site.suppressed, 2);
}

static void facts_are_never_suppressed(void **state)
{
	struct capture c;

	(void)state;
	capture_start(&c);
	for (int i = 0; i < 5; i++)
		log_info("attempt", "try=%d", i);
	assert_int_equal(capture_stop(&c), 5);
}

static void a_fact_stays_one_line_of_bounded_length(void **state)
{
	static char big[10000];
	struct capture c;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	capture_start(&c);
	log_info("big", "text=%s", big);
	log_info("forged", "text=%s", "a\nlevel=error\r");
	assert_int_equal(capture_stop(&c), 2);
	assert_true(strchr(c.text, '\n') < c.text + 4096);
	assert_non_null(strstr(c.text, "text=a?level=error?\n"));
}

static void quoting_escapes_what_could_deceive(void **state)
{
	const struct {
		struct slice in;
		const char *out;
	} cases[] = {
	    {SLICE_LIT(""), "\"\""},
	    {SLICE_LIT("plain text"), "\"plain text\""},
	    {SLICE_LIT("a\"b\\c\n\r\t"), "\"a\\\"b\\\\c\\n\\r\\t\""},
	    {SLICE_LIT("\0\x1b[31m\x7f"), "\"\\x00\\x1b[31m\\x7f\""},
	    {SLICE_LIT("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\""},
	    {SLICE_LIT("\xc2\x85x"), "\"\\xc2\\x85x\""},
	    {SLICE_LIT("\xc3("), "\"\\xc3(\""},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(log_quote(out, sizeof(out), cases[i].in),
				    cases[i].out);
}

static void quoting_fits_any_size(void **state)
{
	const struct slice text = SLICE_LIT("a\xe2\x82\xac\x01\"z");
	char out[32];

	(void)state;
	for (size_t size = 1; size < sizeof(out); size++) {
		memset(out, '#', sizeof(out));
		log_quote(out, size, text);
		assert_true(strlen(out) < size);
		assert_int_equal(out[size], '#');
		assert_true(slice_is_utf8(slice_of(out)));
		if (size >= 3)
			assert_int_equal(out[strlen(out) - 1], '"');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_one_write_of_logfmt),
	    cmocka_unit_test(levels_are_filtered_before_anything_is_made),
	    cmocka_unit_test(a_repeating_site_is_counted),
	    cmocka_unit_test(facts_are_never_suppressed),
	    cmocka_unit_test(a_fact_stays_one_line_of_bounded_length),
	    cmocka_unit_test(quoting_escapes_what_could_deceive),
	    cmocka_unit_test(quoting_fits_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
