/*
 * feeds - hears the live feed of every router.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/feeds.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

#define ROUTERS_MAX 256

struct feed {
	struct pipe *pipe; /* owned */
	char *target;	   /* owned; connected to */
};

struct feeds {
	struct feeds_options o;
	struct feed feeds[ROUTERS_MAX];
	size_t n;
};

struct feeds *feeds_new(const struct feeds_options *options)
{
	struct feeds *f = xcalloc(1, sizeof(*f));

	f->o = *options;
	return f;
}

static void forget(struct feeds *f, size_t i)
{
	pipe_close(&f->feeds[i].pipe, 0);
	free(f->feeds[i].target);
	f->feeds[i] = f->feeds[--f->n];
}

void feeds_free(struct feeds **feeds)
{
	struct feeds *f = *feeds;

	if (!f)
		return;
	*feeds = NULL;
	while (f->n > 0)
		forget(f, f->n - 1);
	free(f);
}

/* False: it has none. */
static bool target_of(const struct process_info *p, char out[PIPE_TARGET_SIZE])
{
	return p->feed_endpoints && *p->feed_endpoints &&
	       registry_pick_target(p, p->feed_endpoints, out);
}

static bool is_wanted(const struct registry *registry, const char *target)
{
	const struct process_info *p;
	char text[PIPE_TARGET_SIZE];
	size_t pos = 0;

	while ((p = registry_next(registry, &pos)))
		if (target_of(p, text) && !strcmp(text, target))
			return true;
	return false;
}

static bool is_connected(const struct feeds *f, const char *target)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->feeds[i].target, target))
			return true;
	return false;
}

static struct pipe *open_pipe(const struct feeds *f)
{
	struct pipe *pipe = pipe_open(f->o.context, f->o.loop, &f->o.pipe);

	for (size_t i = 0; i < FEEDS_TOPICS_MAX && f->o.topics[i]; i++)
		pipe_subscribe(pipe, slice_of(f->o.topics[i]));
	return pipe;
}

static void connect_to(struct feeds *f, const struct process_info *p)
{
	struct feed *feed = &f->feeds[f->n];
	char text[PIPE_TARGET_SIZE];

	if (f->n == ROUTERS_MAX || !target_of(p, text) || is_connected(f, text))
		return;
	feed->pipe = open_pipe(f);
	if (pipe_connect(feed->pipe, text) == ERR_OK) {
		feed->target = xstrdup(text);
		f->n++;
		return;
	}
	log_warn("feed_connect", "instance=%s", p->instance);
	pipe_close(&feed->pipe, 0);
}

void feeds_follow(struct feeds *f, const struct registry *registry)
{
	const struct process_info *p;
	size_t pos = 0;

	for (size_t i = f->n; i-- > 0;)
		if (!is_wanted(registry, f->feeds[i].target))
			forget(f, i);
	while ((p = registry_next(registry, &pos)))
		connect_to(f, p);
}
