/*
 * feeds - keeps a SUB socket connected to the live feed of every router.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/feeds.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "proto/messages.h"

#define ROUTERS_MAX 256

struct feeds {
	struct pipe *pipe;	      /* borrowed */
	char *endpoints[ROUTERS_MAX]; /* owned; connected to */
	size_t n;
};

struct feeds *feeds_new(struct pipe *pipe)
{
	struct feeds *f = xcalloc(1, sizeof(*f));

	f->pipe = pipe;
	return f;
}

static void forget(struct feeds *f, size_t i)
{
	free(f->endpoints[i]);
	f->endpoints[i] = f->endpoints[--f->n];
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
static bool endpoint_of(const struct process_info *p, char *out, size_t size)
{
	return p->feed_endpoints && *p->feed_endpoints &&
	       registry_pick_endpoint(p, p->feed_endpoints, out, size);
}

static bool is_wanted(const struct registry *registry, const char *endpoint)
{
	const struct process_info *p;
	char text[ENDPOINT_BYTES_MAX + 1];
	size_t pos = 0;

	while ((p = registry_next(registry, &pos)))
		if (endpoint_of(p, text, sizeof(text)) &&
		    !strcmp(text, endpoint))
			return true;
	return false;
}

static bool is_connected(const struct feeds *f, const char *endpoint)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->endpoints[i], endpoint))
			return true;
	return false;
}

static void connect_to(struct feeds *f, const struct process_info *p)
{
	char text[ENDPOINT_BYTES_MAX + 1];

	if (f->n == ROUTERS_MAX || !endpoint_of(p, text, sizeof(text)) ||
	    is_connected(f, text))
		return;
	if (pipe_connect(f->pipe, text) == ERR_OK)
		f->endpoints[f->n++] = xstrdup(text);
	else
		log_warn("feed_connect", "instance=%s", p->instance);
}

void feeds_follow(struct feeds *f, const struct registry *registry)
{
	const struct process_info *p;
	size_t pos = 0;

	for (size_t i = f->n; i-- > 0;)
		if (!is_wanted(registry, f->endpoints[i])) {
			pipe_disconnect(f->pipe, f->endpoints[i]);
			forget(f, i);
		}
	while ((p = registry_next(registry, &pos)))
		connect_to(f, p);
}
