/*
 * names - which event names of their own projects have published lately.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"

/* A project's id, a NUL, a name. */
#define ENTRY_KEY_SIZE (64 + 1 + 128)

struct owner {
	size_t n;
	char *project; /* owned */
};

struct name {
	struct owner *owner; /* borrowed; lives as long as it has names */
	char *text;	     /* owned; n_text bytes */
	size_t n_text;
	uint64_t count, wall_ms, seen_ms;
	uint64_t due_ms;
	char *sample; /* owned; NULL: none that waits */
	size_t n_sample;
};

struct names {
	struct table *names;  /* → struct name, owned */
	struct table *owners; /* → struct owner, owned */
	size_t sample_bytes_max, sample_bytes;
	char *shown; /* owned; the sample of the last note */
};

struct names *names_new(size_t sample_bytes_max)
{
	struct names *n = xcalloc(1, sizeof(*n));

	n->names = table_new(NAMES_MAX);
	n->owners = table_new(NAMES_MAX);
	n->sample_bytes_max = sample_bytes_max;
	return n;
}

static struct slice key_of(char out[ENTRY_KEY_SIZE], struct slice project,
			   struct slice name)
{
	must(project.n + 1 + name.n <= ENTRY_KEY_SIZE);
	memcpy(out, project.p, project.n);
	out[project.n] = '\0';
	memcpy(out + project.n + 1, name.p, name.n);
	return slice_bytes(out, project.n + 1 + name.n);
}

static void drop_sample(struct names *n, struct name *e)
{
	n->sample_bytes -= e->n_sample;
	e->n_sample = 0;
	free(e->sample);
	e->sample = NULL;
}

static void owner_release(struct names *n, struct owner *o)
{
	if (--o->n > 0)
		return;
	table_delete(n->owners, slice_of(o->project));
	free(o->project);
	free(o);
}

static void name_free(struct names *n, struct name *e)
{
	drop_sample(n, e);
	owner_release(n, e->owner);
	free(e->text);
	free(e);
}

void names_free(struct names **names)
{
	struct names *n = *names;
	size_t pos = 0;
	void *e;

	if (!n)
		return;
	while (table_next(n->names, &pos, NULL, &e))
		name_free(n, e);
	table_free(&n->names);
	table_free(&n->owners);
	free(n->shown);
	free(n);
	*names = NULL;
}

static struct owner *owner_of(struct names *n, struct slice project)
{
	struct owner *o = table_find(n->owners, project);

	if (o)
		return o;
	o = xcalloc(1, sizeof(*o));
	o->project = slice_dup(project);
	must(table_put(n->owners, project, o) == ERR_OK);
	return o;
}

/* NULL: there is no room. */
static struct name *name_new(struct names *n, struct slice key,
			     const struct name_event *event)
{
	const struct owner *have = table_find(n->owners, event->project);
	struct name *e;

	if (table_count(n->names) == NAMES_MAX ||
	    (have && have->n == NAMES_PROJECT_MAX))
		return NULL;
	e = xcalloc(1, sizeof(*e));
	e->owner = owner_of(n, event->project);
	e->owner->n++;
	e->text = slice_dup(event->name);
	e->n_text = event->name.n;
	e->due_ms = event->now_ms;
	must(table_put(n->names, key, e) == ERR_OK);
	return e;
}

/* The first event from when the name is due. */
static void take_sample(struct names *n, struct name *e,
			const struct name_event *event)
{
	if (e->sample || event->now_ms < e->due_ms ||
	    event->body.n > n->sample_bytes_max ||
	    n->sample_bytes + event->body.n > NAMES_SAMPLES_BYTES_MAX)
		return;
	e->sample = slice_dup(event->body);
	e->n_sample = event->body.n;
	n->sample_bytes += e->n_sample;
}

bool names_add(struct names *n, const struct name_event *event)
{
	char text[ENTRY_KEY_SIZE];
	struct slice key = key_of(text, event->project, event->name);
	struct name *e = table_find(n->names, key);

	if (!e)
		e = name_new(n, key, event);
	if (!e)
		return false;
	e->count++;
	e->wall_ms = event->wall_ms;
	e->seen_ms = event->now_ms;
	take_sample(n, e, event);
	return true;
}

static void note_of(struct names *n, struct name *e, struct name_note *note)
{
	*note = (struct name_note){
	    .project = slice_of(e->owner->project),
	    .name = slice_bytes(e->text, e->n_text),
	    .wall_ms = e->wall_ms,
	    .count = e->count,
	    .sample = slice_bytes(e->sample, e->n_sample),
	};
	free(n->shown);
	n->shown = e->sample;
	n->sample_bytes -= e->n_sample;
	e->sample = NULL;
	e->n_sample = 0;
}

bool names_next(struct names *n, size_t *pos, uint64_t now_ms,
		struct name_note *note)
{
	void *value;

	while (table_next(n->names, pos, NULL, &value)) {
		struct name *e = value;

		if (e->count == 0 || now_ms < e->due_ms)
			continue;
		note_of(n, e, note);
		e->count = 0;
		e->due_ms = now_ms + NAMES_WRITE_MS;
		return true;
	}
	return false;
}

void names_sweep(struct names *n, uint64_t now_ms)
{
	char text[ENTRY_KEY_SIZE];
	size_t pos = 0;
	void *value;

	while (table_next(n->names, &pos, NULL, &value)) {
		struct name *e = value;

		if (e->count > 0 || now_ms < e->seen_ms + NAMES_QUIET_MS)
			continue;
		table_delete(n->names, key_of(text, slice_of(e->owner->project),
					      slice_bytes(e->text, e->n_text)));
		name_free(n, e);
	}
}

size_t names_count(const struct names *n)
{
	return table_count(n->names);
}
