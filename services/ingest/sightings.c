/*
 * sightings - tells Redis which event names of their own projects publish.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sightings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/redis.h"
#include "store/keys.h"
#include "store/script.h"

#include "names.h"

#define TICK_MS 1000
#define WRITES_A_TICK 256
#define KEEP_MS "2592000000" /* 30 days */
#define STRING(x) #x
#define TEXT_OF(x) STRING(x)

enum { SCRIPT_NAMES, SCRIPTS_N };

struct sightings {
	struct sightings_options o;
	struct redis_script scripts[SCRIPTS_N];
	struct redis *redis;
	struct catalogue *catalogue;
	struct names *names;
	uv_timer_t *timer; /* freed by its close callback */
	uint64_t *unnoted;
};

/* ---- writing ---- */

static void on_written(void *arg, enum err e, const struct reply *reply)
{
	char text[128];

	(void)arg;
	if (e != ERR_OK)
		log_debug("name_lost", "text=%s",
			  log_quote(text, sizeof(text), reply_bytes(reply)));
}

/* What the script is to do with the sample that it has. */
static struct slice sample_of(const struct sightings *s,
			      const struct name_note *note)
{
	if (s->o.sample_bytes_max == 0)
		return SLICE_LIT("drop");
	return note->sample.n > 0 ? note->sample : SLICE_LIT("keep");
}

static void write_note(struct sightings *s, const struct name_note *note)
{
	uint64_t p = partition_of(note->project, s->o.partitions);
	char names[KEY_SIZE], samples[KEY_SIZE], counts[KEY_SIZE];
	char wall[24], count[24];
	const struct slice keys[] = {
	    key_project(names, p, "names", note->project),
	    key_project(samples, p, "samples", note->project),
	    key_project(counts, p, "counts", note->project)};
	struct slice argv[6];

	snprintf(wall, sizeof(wall), "%" PRIu64, note->wall_ms);
	snprintf(count, sizeof(count), "%" PRIu64, note->count);
	argv[0] = note->name;
	argv[1] = slice_of(wall);
	argv[2] = slice_of(count);
	argv[3] = sample_of(s, note);
	argv[4] = SLICE_LIT(KEEP_MS);
	argv[5] = SLICE_LIT(TEXT_OF(NAMES_PROJECT_MAX));
	if (redis_script(s->redis, SCRIPT_NAMES, keys, 3, argv, 6, on_written,
			 NULL) != ERR_OK)
		log_debug("name_lost", "text=down");
}

static void on_tick(uv_timer_t *timer)
{
	struct sightings *s = timer->data;
	struct name_note note;
	uint64_t now = now_ms();
	size_t pos = 0;

	if (redis_is_up(s->redis))
		for (int i = 0; i < WRITES_A_TICK &&
				names_next(s->names, &pos, now, &note);
		     i++)
			/* A project may have been deleted meanwhile. */
			if (config_project(s->o.config, note.project))
				write_note(s, &note);
	names_sweep(s->names, now);
	if (names_count(s->names) == 0)
		uv_timer_stop(timer);
}

/* ---- noting ---- */

static void add(struct sightings *s, const struct request_event *e,
		uint64_t now, uint64_t wall)
{
	const struct name_event event = {
	    .project = e->project,
	    .name = e->name,
	    .body = e->body,
	    .now_ms = now,
	    .wall_ms = wall,
	};

	if (!names_add(s->names, &event))
		++*s->unnoted;
	if (!uv_is_active((uv_handle_t *)s->timer))
		uv_timer_start(s->timer, on_tick, TICK_MS, TICK_MS);
}

void sightings_add(struct sightings *s, const struct request *r)
{
	struct slice known = {"", 0};
	uint64_t now = now_ms(), wall = wall_ms();

	for (size_t i = 0; i < request_count(r); i++) {
		struct request_event e = request_at(r, i);

		/* A journey's are no events of anybody's own. */
		if (e.op != OP_EVENT)
			continue;
		/* Most bodies hold one kind of event. */
		if (known.n > 0 && slice_eq(e.name, known))
			continue;
		if (catalogue_find(s->catalogue, e.name))
			known = e.name;
		/* No cursor of the list could name one with a NUL. */
		else if (!memchr(e.name.p, '\0', e.name.n))
			add(s, &e, now, wall);
	}
}

/* ---- open and close ---- */

struct sightings *sightings_open(uv_loop_t *loop,
				 const struct sightings_options *options,
				 char *error, size_t error_size)
{
	struct sightings *s = xcalloc(1, sizeof(*s));
	const struct redis_options redis = {
	    .access = options->redis,
	    .scripts = s->scripts,
	    .n_scripts = SCRIPTS_N,
	};

	s->o = *options;
	s->scripts[SCRIPT_NAMES] = (struct redis_script){"names", script_names};
	s->redis = redis_open(loop, &redis, error, error_size);
	if (!s->redis) {
		free(s);
		return NULL;
	}
	s->catalogue = catalogue_new();
	s->names = names_new(options->sample_bytes_max);
	s->unnoted = metrics_counter(
	    options->metrics, "ingest_unnoted_names_total", NULL,
	    "events of an own name for which there was no room in the list");
	s->timer = xcalloc(1, sizeof(*s->timer));
	must(uv_timer_init(loop, s->timer) == 0);
	s->timer->data = s;
	return s;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

void sightings_close(struct sightings **sightings)
{
	struct sightings *s = *sightings;

	if (!s)
		return;
	redis_close(&s->redis);
	uv_close((uv_handle_t *)s->timer, on_timer_closed);
	names_free(&s->names);
	catalogue_free(&s->catalogue);
	free(s);
	*sightings = NULL;
}
