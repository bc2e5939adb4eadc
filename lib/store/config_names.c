/*
 * config_names - which webhook has a name in a project.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/config_names.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"

#define KEY_BYTES_MAX 4096

struct config_names {
	struct table *webhooks; /* by "<project>/<name>"; borrowed values */
	struct buf *key;	/* owned; of the look-up at hand */
};

struct config_names *config_names_new(void)
{
	struct config_names *n = xcalloc(1, sizeof(*n));

	n->webhooks = table_new(CONFIG_WEBHOOKS_MAX);
	n->key = xcalloc(1, sizeof(*n->key));
	buf_init(n->key, KEY_BYTES_MAX);
	return n;
}

void config_names_free(struct config_names **names)
{
	struct config_names *n = *names;

	if (!n)
		return;
	*names = NULL;
	table_free(&n->webhooks);
	buf_fini(n->key);
	free(n->key);
	free(n);
}

/* A project's id has no slash. n 0: longer than any name. */
static struct slice key_of(const struct config_names *n, struct slice project,
			   struct slice name)
{
	struct buf *key = n->key;

	buf_reset(key);
	buf_append_slice(key, project);
	buf_append_char(key, '/');
	buf_append_slice(key, name);
	return buf_full(key) ? (struct slice){"", 0} : buf_slice(key);
}

static struct slice own_key(const struct config_names *n,
			    const struct webhook *w)
{
	return key_of(n, slice_of(w->project), slice_of(w->name));
}

void config_names_add(struct config_names *n, struct webhook *w)
{
	struct slice key = own_key(n, w);
	char id[ID_TEXT_SIZE];

	if (key.n == 0 || table_put(n->webhooks, key, w) != ERR_OK)
		log_error("config_full", "id=%s",
			  ulid_format(id, "wh", &w->id));
}

void config_names_remove(struct config_names *n, const struct webhook *w)
{
	struct slice key;

	if (!w)
		return;
	key = own_key(n, w);
	if (table_find(n->webhooks, key) == w)
		table_delete(n->webhooks, key);
}

struct webhook *config_names_find(const struct config_names *n,
				  struct slice project, struct slice name)
{
	return table_find(n->webhooks, key_of(n, project, name));
}
