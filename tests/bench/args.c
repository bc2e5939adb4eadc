/*
 * args - see args.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool store(const struct arg *a, const char *value)
{
	char *end;

	if (a->text) {
		*a->text = value;
		return true;
	}
	*a->number = strtoull(value, &end, 10);
	return *value >= '0' && *value <= '9' && *end == '\0';
}

static const struct arg *find(const struct arg *args, size_t n,
			      const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(args[i].name, name) == 0)
			return &args[i];
	return NULL;
}

bool args_parse(const struct arg *args, size_t n, int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		const struct arg *a = find(args, n, argv[i]);

		if (!a || i + 1 == argc || !store(a, argv[i + 1])) {
			fprintf(stderr, "%s: not understood: %s\n", argv[0],
				argv[i]);
			return false;
		}
	}
	return true;
}
