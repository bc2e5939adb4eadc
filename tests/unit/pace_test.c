/*
 * pace_test - rates by the clock, circuits by the table
 * and without a token, and windows against a
 * receiver whose capacity changes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "circuit.h"
#include "pace.h"
#include "rate.h"
#include "store/config.h"
#include "window.h"

#define SECOND 1000000ull
#define CEILING 64

/* ---- rates ---- */

/* As many requests as may start in so many seconds. */
static uint64_t started(struct rate *r, uint64_t own, uint64_t from,
			uint64_t seconds)
{
	uint64_t n = 0, now = from;

	while (now < from + seconds * SECOND) {
		uint64_t wait = rate_wait_us(r, own, now);

		if (wait > 0) {
			now += wait;
			continue;
		}
		rate_take(r, own, now);
		n++;
	}
	return n;
}

static void test_rate(void **state)
{
	static const uint64_t limits[] = {1, 3, 10, 64, 1000, 50000};

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rate r = {0};
		uint64_t limit = limits[i], burst = limit / 10 + 1;
		uint64_t n = started(&r, limit, 5 * SECOND, 10);

		assert_in_range(n, limit * 10, limit * 10 + burst + 1);
		/* Idle for long: no more than the burst beyond it. */
		n = started(&r, limit, 100 * SECOND, 1);
		assert_in_range(n, limit, limit + burst);
	}
}

static void test_no_rate(void **state)
{
	struct rate r = {0};

	(void)state;
	assert_int_equal(rate_wait_us(&r, 0, 1), 0);
	rate_take(&r, 0, 1);
	assert_int_equal(rate_wait_us(&r, 0, 1), 0);
	assert_int_equal(rate_limit(&r, 0), 0);
}

/* Lowered to half of what went, and back in some seconds. */
static void test_lowered(void **state)
{
	struct rate r = {0};
	uint64_t now = 50 * SECOND;

	(void)state;
	for (int i = 0; i < 100; i++)
		rate_take(&r, 0, now + (uint64_t)i);
	rate_lower(&r, 0, now + SECOND / 2);
	assert_int_equal(rate_limit(&r, 0), 50);
	assert_int_equal(rate_limit(&r, 20), 20);
	for (int i = 0; i < 500 && rate_limit(&r, 0); i++)
		rate_raise(&r, 0, now += SECOND);
	assert_int_equal(rate_limit(&r, 0), 0);
	/* Nothing had gone yet: one a second is the least. */
	r = (struct rate){0};
	rate_lower(&r, 0, now);
	assert_int_equal(rate_limit(&r, 0), 1);
}

/* ---- circuits ---- */

static bool fails(struct circuit *c, uint64_t now)
{
	return circuit_result(c, &(struct circuit_result){0}, now, 0.5);
}

static bool succeeds(struct circuit *c, uint64_t now)
{
	return circuit_result(
	    c, &(struct circuit_result){.end = CIRCUIT_SUCCESS}, now, 0.5);
}

/* The probe under way. */
static bool probe_fails(struct circuit *c, uint64_t now)
{
	return circuit_result(c, &(struct circuit_result){.probe = true}, now,
			      0.5);
}

static void test_circuit(void **state)
{
	struct circuit c = {0};
	uint64_t now = 1000;

	(void)state;
	for (int i = 1; i < CIRCUIT_FAILURES; i++)
		assert_false(fails(&c, now));
	assert_true(fails(&c, now));
	assert_int_equal(c.state, CIRCUIT_OPEN);
	assert_false(circuit_wants_probe(&c, now));
	/* What was under way fails, too: no news. */
	assert_false(fails(&c, now));
	for (uint64_t ms = CIRCUIT_INTERVAL_MS; ms < CIRCUIT_INTERVAL_MAX_MS;
	     ms *= 2) {
		now = c.probe_ms;
		assert_true(circuit_wants_probe(&c, now));
		circuit_probe(&c);
		assert_false(circuit_wants_probe(&c, now));
		/* Nor does it end the probe. */
		assert_false(fails(&c, now));
		assert_int_equal(c.state, CIRCUIT_HALF_OPEN);
		assert_true(probe_fails(&c, now));
		assert_true(c.probe_ms > now + ms);
	}
	assert_true(c.probe_ms <= now + CIRCUIT_INTERVAL_MAX_MS);
	circuit_probe(&c);
	assert_true(succeeds(&c, now));
	assert_int_equal(c.state, CIRCUIT_CLOSED);
}

static void test_some_failures_are_no_outage(void **state)
{
	struct circuit c = {0};

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_false(i % 4 == 0 ? succeeds(&c, 1) : fails(&c, 1));
	/* Hardly anything gets through. */
	for (int i = 0; i < 10000 && c.state == CIRCUIT_CLOSED; i++)
		i % 15 == 0 ? succeeds(&c, 1) : fails(&c, 1);
	assert_int_equal(c.state, CIRCUIT_OPEN);
}

static void test_a_probe_that_was_not_made(void **state)
{
	struct circuit c = {.state = CIRCUIT_OPEN, .interval_ms = 1000};

	(void)state;
	circuit_probe(&c);
	circuit_no_probe(&c);
	assert_true(circuit_wants_probe(&c, 1));
	circuit_no_probe(&c);
	assert_int_equal(c.state, CIRCUIT_OPEN);
}

/* ---- circuits without a token ---- */

static bool no_token(struct circuit *c, bool probe, uint64_t after,
		     uint64_t now)
{
	const struct circuit_result r = {
	    .end = CIRCUIT_NO_TOKEN,
	    .probe = probe,
	    .error = SLICE_LIT("oauth_invalid_client"),
	    .after_ms = after,
	};

	return circuit_result(c, &r, now, 0);
}

static bool probe_succeeds(struct circuit *c, uint64_t now)
{
	const struct circuit_result r = {.end = CIRCUIT_SUCCESS, .probe = true};

	return circuit_result(c, &r, now, 0.5);
}

static void test_held(void **state)
{
	struct circuit c = {0};
	uint64_t now = 1000;

	(void)state;
	assert_true(no_token(&c, false, 3000, now));
	assert_true(circuit_is_held(&c) && !circuit_is_failing(&c));
	assert_string_equal(c.no_token, "oauth_invalid_client");
	assert_int_equal(c.state, CIRCUIT_OPEN);
	assert_int_equal(c.probe_ms, now + 3000);
	/* What was under way says nothing of tokens, nor that there is none
	 * once more. */
	assert_false(succeeds(&c, now) || fails(&c, now));
	assert_false(no_token(&c, false, 60000, now));
	assert_int_equal(c.probe_ms, now + 3000);
	for (uint64_t ms = 6000; ms < 2 * CIRCUIT_INTERVAL_MAX_MS; ms *= 2) {
		now = c.probe_ms;
		circuit_probe(&c);
		assert_false(no_token(&c, true, 100, now));
		assert_int_equal(c.probe_ms - now,
				 ms < CIRCUIT_INTERVAL_MAX_MS
				     ? ms
				     : CIRCUIT_INTERVAL_MAX_MS);
	}
	circuit_probe(&c);
	assert_true(probe_succeeds(&c, now));
	assert_false(circuit_is_held(&c));
	assert_int_equal(c.state, CIRCUIT_CLOSED);
}

/* What a sender asks for is heeded, within bounds. */
static void test_when_to_ask_again(void **state)
{
	static const struct {
		uint64_t after, waits;
	} cases[] = {
	    {0, 1000},	    {999, 1000},      {4711, 4711},
	    {60000, 60000}, {3600000, 60000}, {UINT64_MAX, 60000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct circuit c = {0};

		no_token(&c, false, cases[i].after, 50);
		assert_int_equal(c.probe_ms - 50, cases[i].waits);
		circuit_probe(&c);
		no_token(&c, true, cases[i].after, 50);
		assert_in_range(c.probe_ms - 50, cases[i].waits, 60000);
	}
}

/* The token was there, and the receiver failed: an ordinary failure. */
static void test_held_and_failing(void **state)
{
	struct circuit c = {0};

	(void)state;
	no_token(&c, false, 8000, 1);
	circuit_probe(&c);
	assert_true(probe_fails(&c, 1));
	assert_int_equal(c.state, CIRCUIT_CLOSED);
	assert_int_equal(c.failures, 1);
	for (int i = 1; i < CIRCUIT_FAILURES; i++)
		fails(&c, 1);
	assert_int_equal(c.state, CIRCUIT_OPEN);
	assert_false(circuit_is_held(&c));
	/* The intervals are each their own: the one of before it was held is
	 * not the hold's, nor the other way round. */
	for (int i = 0; i < 5; i++) {
		circuit_probe(&c);
		probe_fails(&c, 1);
	}
	assert_true(c.interval_ms > 8000);
	circuit_probe(&c);
	assert_true(no_token(&c, true, 0, 1));
	assert_int_equal(c.interval_ms, CIRCUIT_INTERVAL_MS);
	assert_true(circuit_is_held(&c) && circuit_is_failing(&c));
	for (int i = 0; i < 5; i++) {
		circuit_probe(&c);
		no_token(&c, true, 0, 1);
	}
	circuit_probe(&c);
	assert_true(probe_fails(&c, 1));
	assert_int_equal(c.state, CIRCUIT_OPEN);
	assert_int_equal(c.interval_ms, CIRCUIT_INTERVAL_MS);
	assert_false(circuit_is_held(&c));
	assert_true(circuit_is_failing(&c));
}

static void test_hurried(void **state)
{
	struct circuit c = {0};

	(void)state;
	no_token(&c, false, 60000, 1);
	assert_false(circuit_wants_probe(&c, 500));
	circuit_hurry(&c, 500);
	assert_true(circuit_wants_probe(&c, 500));
	circuit_probe(&c);
	/* It may have been refused by what was true before. */
	no_token(&c, true, 60000, 500);
	assert_int_equal(c.probe_ms, 500 + CIRCUIT_INTERVAL_MS);
	circuit_probe(&c);
	no_token(&c, true, 60000, 500);
	assert_int_equal(c.probe_ms, 500 + 60000);
}

static void test_released(void **state)
{
	struct circuit c = {0};

	(void)state;
	assert_false(circuit_release(&c, 7));
	no_token(&c, false, 60000, 1);
	circuit_probe(&c);
	assert_true(circuit_release(&c, 7));
	assert_int_equal(c.state, CIRCUIT_CLOSED);
	/* A receiver that fails stays one, and is asked at once. */
	for (int i = 0; i < CIRCUIT_FAILURES; i++)
		fails(&c, 1);
	no_token(&c, false, 60000, 1);
	assert_true(circuit_release(&c, 7));
	assert_int_equal(c.state, CIRCUIT_OPEN);
	assert_true(circuit_wants_probe(&c, 7));
}

/* A sender's text is shown and logged. */
static void test_what_is_no_code(void **state)
{
	static const char long_one[2 * OAUTH_ERROR_BYTES_MAX] = {[0] = 'x'};
	const struct slice errors[] = {
	    SLICE_LIT(""),     SLICE_LIT("\0"),
	    SLICE_LIT("a\"b"), SLICE_LIT("a b"),
	    SLICE_LIT("A"),    slice_bytes(long_one, sizeof(long_one)),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const struct circuit_result r = {.end = CIRCUIT_NO_TOKEN,
						 .error = errors[i]};
		struct circuit c = {0};

		assert_true(circuit_result(&c, &r, 1, 0.5));
		assert_string_equal(c.no_token, "oauth_unavailable");
	}
}

/* ---- what a lane does with its next one ---- */

static bool result(struct pace *p, const struct webhook *w,
		   const struct msg_result *m, bool probe)
{
	return pace_result(p, w,
			   &(struct pace_result){.result = m,
						 .probe = probe,
						 .in_flight = CEILING,
						 .now_us = SECOND});
}

/* The receiver was not asked, so nothing is learnt of it. */
static void test_no_token_is_no_overload(void **state)
{
	const struct webhook w = {.concurrency = CEILING, .n_retry_delays = 1};
	const struct msg_result none = {
	    .outcome = OUTCOME_unauthorized,
	    .error = SLICE_LIT("oauth_unavailable"),
	    .retry_after_ms = 5000,
	};
	const struct msg_result fine = {
	    .outcome = OUTCOME_delivered, .status = 204, .total_us = 1000};
	struct pace p = {0};

	(void)state;
	assert_true(result(&p, &w, &none, false));
	for (int i = 0; i < 10 * CEILING; i++)
		result(&p, &w, &none, false);
	assert_int_equal(p.pause_us, 0);
	assert_int_equal(window_size(&p.window, CEILING), CEILING);
	/* Not the last attempt of a schedule either. */
	assert_int_equal(pace_next(&p, &w, 1, 0, SECOND), PACE_SKIP);
	assert_int_equal(pace_next(&p, &w, 1, 0, 6 * SECOND), PACE_PROBE);
	pace_start(&p, &w, PACE_PROBE, 6 * SECOND);
	assert_int_equal(pace_next(&p, &w, 0, 0, 6 * SECOND), PACE_SKIP);
	pace_no_probe(&p);
	assert_int_equal(pace_next(&p, &w, 0, 0, 6 * SECOND), PACE_PROBE);
	pace_start(&p, &w, PACE_PROBE, 6 * SECOND);
	assert_true(result(&p, &w, &fine, true));
	assert_int_equal(window_size(&p.window, CEILING), CEILING);
	assert_int_equal(pace_next(&p, &w, 0, 0, 6 * SECOND), PACE_GO);
}

/* ---- windows ---- */

/* A receiver with so many hands, each busy for service_us with a request, and a
 * queue before them; requests come as the window lets them. */
struct receiver {
	unsigned seed;
	uint64_t hands, service_us;
	uint64_t free_us[1024]; /* when each hand is free */
};

struct flight {
	uint64_t sent_us, back_us;
};

static uint64_t serve(struct receiver *r, uint64_t now)
{
	uint64_t noise =
	    r->service_us * ((unsigned)rand_r(&r->seed) % 40) / 100;
	size_t first = 0;

	for (size_t i = 1; i < r->hands; i++)
		if (r->free_us[i] < r->free_us[first])
			first = i;
	if (r->free_us[first] < now)
		r->free_us[first] = now;
	r->free_us[first] += r->service_us * 8 / 10 + noise;
	return r->free_us[first];
}

/* Keeps the window full for a while; how many were served. */
static uint64_t run(struct window *w, struct receiver *r, uint64_t *now,
		    uint64_t us)
{
	struct flight flights[CEILING];
	uint64_t end = *now + us, served = 0;
	uint32_t n = 0;

	while (*now < end) {
		size_t first = 0;

		while (n < window_size(w, CEILING)) {
			flights[n].sent_us = *now;
			flights[n++].back_us = serve(r, *now);
		}
		for (size_t i = 1; i < n; i++)
			if (flights[i].back_us < flights[first].back_us)
				first = i;
		*now = flights[first].back_us;
		window_result(w, CEILING, false, *now - flights[first].sent_us,
			      n, *now);
		flights[first] = flights[--n];
		served++;
	}
	return served;
}

static void test_a_slow_receiver_keeps_its_throughput(void **state)
{
	struct receiver r = {.seed = (unsigned)time(NULL),
			     .hands = 1000,
			     .service_us = 2 * SECOND};
	struct window w = {0};
	uint64_t now = 1, served;

	(void)state;
	printf("seed %u\n", r.seed);
	served = run(&w, &r, &now, 100 * SECOND);
	assert_int_equal(window_size(&w, CEILING), CEILING);
	assert_in_range(served, CEILING * 45, CEILING * 60);
}

static void test_it_follows_the_capacity(void **state)
{
	struct receiver r = {
	    .seed = (unsigned)time(NULL), .hands = 64, .service_us = 20000};
	struct window w = {0};
	uint64_t now = 1, served;

	(void)state;
	printf("seed %u\n", r.seed);
	run(&w, &r, &now, 10 * SECOND);
	assert_int_equal(window_size(&w, CEILING), CEILING);
	/* Most of it has gone: the window goes with it, the throughput stays
	 * what the receiver can do. */
	r.hands = 4;
	served = run(&w, &r, &now, 4 * SECOND);
	assert_true(window_size(&w, CEILING) < 24);
	assert_true(served > 4 * 50 * 4 * 9 / 10);
	r.hands = 64;
	run(&w, &r, &now, 30 * SECOND);
	assert_true(window_size(&w, CEILING) > 48);
}

static void test_overload(void **state)
{
	struct window w = {0};
	uint64_t now = SECOND;

	(void)state;
	/* One in a round is an accident. */
	for (uint32_t i = 0; i < CEILING; i++)
		window_result(&w, CEILING, i == 0, 1000, CEILING, now);
	assert_int_equal(window_size(&w, CEILING), CEILING);
	for (int round = 0; round < 7; round++) {
		now += SECOND;
		for (uint32_t i = window_size(&w, CEILING); i > 0; i--)
			window_result(&w, CEILING, true, 1000, CEILING, now);
	}
	assert_int_equal(window_size(&w, CEILING), 1);
	for (int i = 0; i < 10000; i++)
		window_result(&w, CEILING, false, 1000, CEILING, now += 100);
	assert_int_equal(window_size(&w, CEILING), CEILING);
}

static void test_restart(void **state)
{
	struct window w = {0};
	uint64_t now = SECOND;

	(void)state;
	window_restart(&w, now);
	for (uint32_t size = 1; size < CEILING; size *= 2) {
		assert_int_equal(window_size(&w, CEILING), size);
		for (uint32_t i = 0; i < size; i++)
			window_result(&w, CEILING, false, 1000, size,
				      now += 1000);
	}
	assert_int_equal(window_size(&w, CEILING), CEILING);
	/* A round that did not use it all does not raise it. */
	window_restart(&w, now);
	for (int i = 0; i < 100; i++)
		window_result(&w, CEILING, false, 1000, 1, now += 1000);
	assert_int_equal(window_size(&w, CEILING), 2);
}

static void test_silence(void **state)
{
	struct window w = {0};
	uint64_t now = 10 * SECOND;

	(void)state;
	window_silence(&w, CEILING, CEILING, now);
	window_silence(&w, CEILING, CEILING, now + 2 * SECOND);
	assert_int_equal(window_size(&w, CEILING), CEILING);
	window_silence(&w, CEILING, CEILING, now + 4 * SECOND);
	assert_int_equal(window_size(&w, CEILING), CEILING / 2);
	/* With room left it is not silence that holds anything up. */
	for (uint64_t i = 5; i < 60; i++)
		window_silence(&w, CEILING, 1, now + i * SECOND);
	assert_int_equal(window_size(&w, CEILING), CEILING / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_no_rate),
	    cmocka_unit_test(test_lowered),
	    cmocka_unit_test(test_circuit),
	    cmocka_unit_test(test_some_failures_are_no_outage),
	    cmocka_unit_test(test_a_probe_that_was_not_made),
	    cmocka_unit_test(test_held),
	    cmocka_unit_test(test_when_to_ask_again),
	    cmocka_unit_test(test_held_and_failing),
	    cmocka_unit_test(test_hurried),
	    cmocka_unit_test(test_released),
	    cmocka_unit_test(test_what_is_no_code),
	    cmocka_unit_test(test_no_token_is_no_overload),
	    cmocka_unit_test(test_a_slow_receiver_keeps_its_throughput),
	    cmocka_unit_test(test_it_follows_the_capacity),
	    cmocka_unit_test(test_overload),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
