/*
 * metrics_test - the text that Prometheus reads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "io/metrics.h"

static const char wanted[] = "# HELP postrider_taken_total Events taken.\n"
			     "# TYPE postrider_taken_total counter\n"
			     "postrider_taken_total{by=\"zmq\"} 3\n"
			     "postrider_taken_total{by=\"http\"} 0\n"
			     "# HELP postrider_depth Waiting.\n"
			     "# TYPE postrider_depth gauge\n"
			     "postrider_depth -2\n";

static void as_text(void **state)
{
	struct metrics *m = metrics_new();
	uint64_t *taken =
	    metrics_counter(m, "taken_total", "by=\"zmq\"", "Events taken.");
	int64_t *depth = metrics_gauge(m, "depth", NULL, "Waiting.");
	struct buf out;

	(void)state;
	metrics_counter(m, "taken_total", "by=\"http\"", "Events taken.");
	assert_ptr_equal(
	    taken, metrics_counter(m, "taken_total", "by=\"zmq\"", "Again."));
	*taken += 3;
	*depth = -2;
	buf_init(&out, 1 << 20);
	metrics_render(m, &out);
	assert_true(out.n > sizeof(wanted));
	assert_memory_equal(out.p, wanted, sizeof(wanted) - 1);
	buf_append_char(&out, '\0');
	assert_non_null(strstr(out.p, "\nprocess_resident_memory_bytes "));
	assert_non_null(strstr(out.p, "\nprocess_open_fds "));
	assert_non_null(strstr(out.p, "\nprocess_start_time_seconds "));
	buf_fini(&out);
	metrics_free(&m);
	assert_null(m);
	metrics_free(&m);
}

static void histograms_add_up(void **state)
{
	struct metrics *m = metrics_new();
	struct histogram *h = metrics_histogram(m, "t_seconds", NULL, "T.");
	struct histogram *l =
	    metrics_histogram(m, "t_seconds", "a=\"b\"", "T.");
	struct buf out;

	(void)state;
	histogram_observe_us(h, 0);
	histogram_observe_us(h, 100);
	histogram_observe_us(h, 101);
	histogram_observe_us(h, 1000000);
	histogram_observe_us(h, 200000000);
	histogram_observe_us(l, 5);
	buf_init(&out, 1 << 20);
	metrics_render(m, &out);
	buf_append_char(&out, '\0');
	assert_non_null(strstr(out.p,
			       "\npostrider_t_seconds_bucket{le=\"0.0001\"} 2"
			       "\npostrider_t_seconds_bucket{le=\"0.00025\"} "
			       "3\n"));
	assert_non_null(strstr(out.p, "_bucket{le=\"1\"} 4\n"));
	assert_non_null(strstr(out.p, "_bucket{le=\"100\"} 4\n"));
	assert_non_null(strstr(out.p, "_bucket{le=\"+Inf\"} 5\n"
				      "postrider_t_seconds_sum 201.000201\n"
				      "postrider_t_seconds_count 5\n"));
	assert_non_null(strstr(out.p, "_bucket{a=\"b\",le=\"0.0001\"} 1\n"));
	assert_non_null(strstr(out.p, "_count{a=\"b\"} 1\n"));
	buf_fini(&out);
	metrics_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_text),
	    cmocka_unit_test(histograms_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
