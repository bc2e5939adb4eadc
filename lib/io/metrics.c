/*
 * metrics - counters, gauges and histograms as Prometheus text (format 0.0.4).
 * SPDX-License-Identifier: Apache-2.0
 *
 * A family is a name with its help and type, a series one set of labels in it.
 * Both are few and found by walking lists, at registration only.
 */
#include "io/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"

enum metric_type { TYPE_COUNTER, TYPE_GAUGE, TYPE_HISTOGRAM };

static const uint64_t bounds_us[] = {
    100,     250,      500,	 1000,	   2500,      5000,    10000,
    25000,   50000,    100000,	 250000,   500000,    1000000, 2500000,
    5000000, 10000000, 25000000, 50000000, 100000000,
};
#define N_BOUNDS (sizeof(bounds_us) / sizeof(bounds_us[0]))

struct histogram {
	uint64_t in_bucket[N_BOUNDS + 1]; /* the last one: beyond all bounds */
	uint64_t sum_us;
};

struct series {
	struct list node;
	char *labels; /* owned; "" for none */
	union {
		uint64_t counter;
		int64_t gauge;
		struct histogram histogram;
	} value;
};

struct family {
	struct list node;
	enum metric_type type;
	char *name; /* owned; with the prefix */
	char *help; /* owned */
	struct list series;
};

struct metrics {
	struct list families;
	double start_s; /* of the process, since 1970 */
};

struct metrics *metrics_new(void)
{
	struct metrics *m = xcalloc(1, sizeof(*m));

	list_init(&m->families);
	m->start_s = (double)wall_ms() / 1000;
	return m;
}

static void family_free(struct family *f)
{
	struct list *node;

	while ((node = list_pop(&f->series))) {
		struct series *s = container_of(node, struct series, node);

		free(s->labels);
		free(s);
	}
	free(f->name);
	free(f->help);
	free(f);
}

void metrics_free(struct metrics **m)
{
	struct list *node;

	if (!*m)
		return;
	while ((node = list_pop(&(*m)->families)))
		family_free(container_of(node, struct family, node));
	free(*m);
	*m = NULL;
}

static struct family *family_find(struct metrics *m, enum metric_type type,
				  const char *name, const char *help)
{
	char *full = xasprintf("postrider_%s", name);
	struct family *f;

	LIST_FOREACH (node, &m->families) {
		f = container_of(node, struct family, node);
		if (strcmp(f->name, full) != 0)
			continue;
		must(f->type == type);
		free(full);
		return f;
	}
	f = xcalloc(1, sizeof(*f));
	f->type = type;
	f->name = full;
	f->help = xstrdup(help);
	list_init(&f->series);
	list_push(&m->families, &f->node);
	return f;
}

static struct series *series_find(struct metrics *m, enum metric_type type,
				  const char *name, const char *labels,
				  const char *help)
{
	struct family *f = family_find(m, type, name, help);
	struct series *s;

	labels = labels ? labels : "";
	LIST_FOREACH (node, &f->series) {
		s = container_of(node, struct series, node);
		if (strcmp(s->labels, labels) == 0)
			return s;
	}
	s = xcalloc(1, sizeof(*s));
	s->labels = xstrdup(labels);
	list_push(&f->series, &s->node);
	return s;
}

uint64_t *metrics_counter(struct metrics *m, const char *name,
			  const char *labels, const char *help)
{
	return &series_find(m, TYPE_COUNTER, name, labels, help)->value.counter;
}

int64_t *metrics_gauge(struct metrics *m, const char *name, const char *labels,
		       const char *help)
{
	return &series_find(m, TYPE_GAUGE, name, labels, help)->value.gauge;
}

struct histogram *metrics_histogram(struct metrics *m, const char *name,
				    const char *labels, const char *help)
{
	return &series_find(m, TYPE_HISTOGRAM, name, labels, help)
		    ->value.histogram;
}

void histogram_observe_us(struct histogram *h, uint64_t us)
{
	size_t i = 0;

	while (i < N_BOUNDS && us > bounds_us[i])
		i++;
	h->in_bucket[i]++;
	h->sum_us += us;
}

/* Rendering. */

static void render_name(struct buf *out, const char *name, const char *suffix,
			const char *labels)
{
	buf_append_str(out, name);
	buf_append_str(out, suffix);
	if (labels[0])
		buf_printf(out, "{%s}", labels);
	buf_append_char(out, ' ');
}

static void render_buckets(struct buf *out, const struct family *f,
			   const struct series *s)
{
	const struct histogram *h = &s->value.histogram;
	const char *comma = s->labels[0] ? "," : "";
	uint64_t below = 0;

	for (size_t i = 0; i < N_BOUNDS; i++) {
		below += h->in_bucket[i];
		buf_printf(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n",
			   f->name, s->labels, comma,
			   (double)bounds_us[i] / 1e6, below);
	}
	below += h->in_bucket[N_BOUNDS];
	buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", f->name,
		   s->labels, comma, below);
	render_name(out, f->name, "_sum", s->labels);
	buf_printf(out, "%.6f\n", (double)h->sum_us / 1e6);
	render_name(out, f->name, "_count", s->labels);
	buf_printf(out, "%" PRIu64 "\n", below);
}

static void render_series(struct buf *out, const struct family *f,
			  const struct series *s)
{
	if (f->type == TYPE_HISTOGRAM) {
		render_buckets(out, f, s);
		return;
	}
	render_name(out, f->name, "", s->labels);
	if (f->type == TYPE_COUNTER)
		buf_printf(out, "%" PRIu64 "\n", s->value.counter);
	else
		buf_printf(out, "%" PRId64 "\n", s->value.gauge);
}

static void render_head(struct buf *out, const char *name, const char *type,
			const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void render_value(struct buf *out, const char *name, const char *type,
			 const char *help, double value)
{
	render_head(out, name, type, help);
	buf_printf(out, "%s %.10g\n", name, value);
}

static double resident_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	double n = 0;

	if (!d)
		return 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 3; /* ".", ".." and the directory itself */
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Under the names that every Prometheus dashboard knows. */
static void render_process(const struct metrics *m, struct buf *out)
{
	struct rusage use = {0};
	struct rlimit files = {0};

	getrusage(RUSAGE_SELF, &use);
	getrlimit(RLIMIT_NOFILE, &files);
	render_value(out, "process_resident_memory_bytes", "gauge",
		     "Resident memory size in bytes.", resident_bytes());
	render_value(out, "process_cpu_seconds_total", "counter",
		     "User and system CPU time spent in seconds.",
		     seconds(use.ru_utime) + seconds(use.ru_stime));
	render_value(out, "process_open_fds", "gauge",
		     "Number of open file descriptors.", open_files());
	render_value(out, "process_max_fds", "gauge",
		     "Maximum number of open file descriptors.",
		     (double)files.rlim_cur);
	render_head(out, "process_start_time_seconds", "gauge",
		    "Start time of the process since the epoch in seconds.");
	buf_printf(out, "process_start_time_seconds %.3f\n", m->start_s);
}

void metrics_render(struct metrics *m, struct buf *out)
{
	static const char *const types[] = {[TYPE_COUNTER] = "counter",
					    [TYPE_GAUGE] = "gauge",
					    [TYPE_HISTOGRAM] = "histogram"};

	LIST_FOREACH (node, &m->families) {
		const struct family *f =
		    container_of(node, struct family, node);

		render_head(out, f->name, types[f->type], f->help);
		LIST_FOREACH (at, &f->series) {
			render_series(out, f,
				      container_of(at, struct series, node));
		}
	}
	render_process(m, out);
}
