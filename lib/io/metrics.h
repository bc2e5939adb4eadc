/*
 * metrics - counters, gauges and histograms as Prometheus text (format 0.0.4).
 * SPDX-License-Identifier: Apache-2.0
 *
 * A metric is registered once and then bumped through the returned pointer; no
 * look-up on the way of an event. Names get the prefix postrider_.
 */
#ifndef IO_METRICS_H
#define IO_METRICS_H

#include <stdint.h>

#include "base/buf.h"

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics **m);

/* labels: NULL or 'reason="malformed"' (a literal, written as it stands). The
 * same name may come again with other labels. The pointers live as long as m.
 */
uint64_t *metrics_counter(struct metrics *m, const char *name,
			  const char *labels, const char *help);
int64_t *metrics_gauge(struct metrics *m, const char *name, const char *labels,
		       const char *help);
/* Seconds, with buckets from 100 µs to 100 s. */
struct histogram;
struct histogram *metrics_histogram(struct metrics *m, const char *name,
				    const char *labels, const char *help);
void histogram_observe_us(struct histogram *h, uint64_t us);

/* Process metrics (resident memory, CPU seconds, open files, start time) are
 * added by itself. */
void metrics_render(struct metrics *m, struct buf *out);

#endif
