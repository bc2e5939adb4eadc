/*
 * args - flags of the benchmark's tools: "--name value" and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BENCH_ARGS_H
#define BENCH_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arg {
	const char *name;
	const char **text; /* one of the two; borrowed */
	uint64_t *number;
};

#define ARG_TEXT(name, to)     \
	{                      \
		name, to, NULL \
	}
#define ARG_NUMBER(name, to)   \
	{                      \
		name, NULL, to \
	}

/* False, after a line on standard error, for what is not in the table. */
bool args_parse(const struct arg *args, size_t n, int argc, char **argv);

#endif
