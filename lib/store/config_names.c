/*
 * config_names - which webhook has a name in a project.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/config_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"

/* A webhook's name has 128 bytes at the most. */
#define KEY_SIZE_MAX (PROJECT_ID_MAX + 1 + 128)

struct config_names {
	struct table *webhooks; /* by "<project>/<name>"; borrowed values */
};

struct config_names *config_names_new(void)
{
	struct config_names *n = xcalloc(1, sizeof(*n));

	n->webhooks = table_new(CONFIG_WEBHOOKS_MAX);
	return n;
}

void config_names_free(struct config_names **names)
{
	struct config_names *n = *names;

	if (!n)
		return;
	*names = NULL;
	table_free(&n->webhooks);
	free(n);
}

/* A project's id has no slash. n 0: longer than any name. */
static struct slice key_of(char out[KEY_SIZE_MAX], struct slice project,
			   struct slice name)
{
	if (project.n + 1 + name.n > KEY_SIZE_MAX)
		return (struct slice){"", 0};
	memcpy(out, project.p, project.n);
	out[project.n] = '/';
	memcpy(out + project.n + 1, name.p, name.n);
	return slice_bytes(out, project.n + 1 + name.n);
}

static struct slice own_key(char out[KEY_SIZE_MAX], const struct webhook *w)
{
	return key_of(out, slice_of(w->project), slice_of(w->name));
}

void config_names_add(struct config_names *n, struct webhook *w)
{
	char text[KEY_SIZE_MAX], id[ID_TEXT_SIZE];
	struct slice key = own_key(text, w);

	if (key.n == 0 || table_put(n->webhooks, key, w) != ERR_OK)
		log_error("config_full", "id=%s",
			  ulid_format(id, "wh", &w->id));
}

void config_names_remove(struct config_names *n, const struct webhook *w)
{
	char text[KEY_SIZE_MAX];
	struct slice key;

	if (!w)
		return;
	key = own_key(text, w);
	if (table_find(n->webhooks, key) == w)
		table_delete(n->webhooks, key);
}

struct webhook *config_names_find(const struct config_names *n,
				  struct slice project, struct slice name)
{
	char text[KEY_SIZE_MAX];

	return table_find(n->webhooks, key_of(text, project, name));
}
