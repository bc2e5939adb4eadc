/*
 * route - finds the handler for a method and a path.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pattern is a path whose segments may be {} (any one segment that is not
 * empty) and whose last may be ** (anything, also nothing). Knows nothing of
 * HTTP.
 */
#ifndef CONSOLE_ROUTE_H
#define CONSOLE_ROUTE_H

#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

#define ROUTE_PARAMS_MAX 4

struct call;

enum access {
	ACCESS_PUBLIC,	/* no key */
	ACCESS_KEY,	/* any key */
	ACCESS_PROJECT, /* an admin key, or one of the project, the first {} */
	ACCESS_NEW_PROJECT, /* the same, and the project need not be there */
	ACCESS_ADMIN,
};

struct route {
	const char *method; /* NULL: any */
	const char *pattern;
	enum access access;
	void (*handler)(struct call *call);
};

struct route_match {
	const struct route *route;
	struct slice params[ROUTE_PARAMS_MAX]; /* views of the path */
	size_t n_params;
	char allow[64]; /* with ERR_REFUSED: the methods that the path has */
};

/* ERR_NOT_FOUND: no such path; ERR_REFUSED: not with this method. */
MUST_CHECK enum err route_find(const struct route *routes, size_t n,
			       const char *method, const char *path,
			       struct route_match *match);

#endif
