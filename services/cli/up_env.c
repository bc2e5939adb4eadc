/*
 * up_env - an environment for a child process.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "up_env.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct up_env {
	char **strings; /* owned, n of them and a NULL */
	size_t n;
};

static void add(struct up_env *e, char *string)
{
	e->strings = xrealloc(e->strings, (e->n + 2) * sizeof(*e->strings));
	e->strings[e->n++] = string;
	e->strings[e->n] = NULL;
}

struct up_env *up_env_new(char *const *from)
{
	struct up_env *e = xcalloc(1, sizeof(*e));

	e->strings = xcalloc(1, sizeof(*e->strings));
	for (; *from; from++)
		add(e, xstrdup(*from));
	return e;
}

void up_env_free(struct up_env **e)
{
	if (!*e)
		return;
	for (size_t i = 0; i < (*e)->n; i++)
		free((*e)->strings[i]);
	free((*e)->strings);
	free(*e);
	*e = NULL;
}

static char **find(const struct up_env *e, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < e->n; i++)
		if (strncmp(e->strings[i], name, n) == 0 &&
		    e->strings[i][n] == '=')
			return &e->strings[i];
	return NULL;
}

void up_env_set(struct up_env *e, const char *name, const char *value)
{
	char **place = find(e, name);
	char *string = xasprintf("%s=%s", name, value);

	if (!place) {
		add(e, string);
		return;
	}
	free(*place);
	*place = string;
}

const char *up_env_get(const struct up_env *e, const char *name)
{
	char **place = find(e, name);

	return place ? *place + strlen(name) + 1 : NULL;
}

char *const *up_env_strings(const struct up_env *e)
{
	return e->strings;
}
