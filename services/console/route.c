/*
 * route - finds the handler for a method and a path.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "route.h"

#include <stdio.h>
#include <string.h>

static bool take_segment(const char **at, struct slice *segment)
{
	if (**at != '/')
		return false;
	segment->p = *at + 1;
	segment->n = strcspn(segment->p, "/");
	*at = segment->p + segment->n;
	return true;
}

static bool path_matches(const char *pattern, const char *path,
			 struct route_match *m)
{
	struct slice want, have;

	m->n_params = 0;
	while (take_segment(&pattern, &want)) {
		if (slice_eq_str(want, "**"))
			return *path == 0 || *path == '/';
		if (!take_segment(&path, &have))
			return false;
		if (slice_eq_str(want, "{}")) {
			if (have.n == 0 || m->n_params == ROUTE_PARAMS_MAX)
				return false;
			m->params[m->n_params++] = have;
		} else if (!slice_eq(want, have)) {
			return false;
		}
	}
	return *path == 0;
}

static void allow_add(struct route_match *m, const char *method)
{
	size_t n = strlen(m->allow);

	if (method)
		snprintf(m->allow + n, sizeof(m->allow) - n, "%s%s",
			 n ? ", " : "", method);
}

enum err route_find(const struct route *routes, size_t n, const char *method,
		    const char *path, struct route_match *match)
{
	memset(match, 0, sizeof(*match));
	for (size_t i = 0; i < n; i++) {
		if (!path_matches(routes[i].pattern, path, match))
			continue;
		if (!routes[i].method || !strcmp(routes[i].method, method)) {
			match->route = &routes[i];
			return ERR_OK;
		}
		allow_add(match, routes[i].method);
	}
	return match->allow[0] ? ERR_REFUSED : ERR_NOT_FOUND;
}
