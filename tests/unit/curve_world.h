/*
 * curve_world - a directory of certificates for a test.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_CURVE_WORLD_H
#define TESTS_CURVE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "curve/curve_key.h"

struct curve_directory {
	char path[64];
};

static inline void curve_directory_make(struct curve_directory *d)
{
	snprintf(d->path, sizeof(d->path), "/tmp/curve-test-XXXXXX");
	assert_non_null(mkdtemp(d->path));
}

static inline void curve_directory_write(const struct curve_directory *d,
					 const char *name, const char *text)
{
	char path[128], fresh[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	snprintf(fresh, sizeof(fresh), "%s/.fresh", d->path);
	f = fopen(fresh, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(rename(fresh, path), 0);
}

static inline void curve_directory_remove(const struct curve_directory *d,
					  const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	assert_int_equal(unlink(path), 0);
}

static inline void curve_pair_make(struct curve_pair *pair)
{
	assert_int_equal(zmq_curve_keypair(pair->public_key, pair->secret_key),
			 0);
}

/* The public certificate with these lines of metadata. */
static inline void curve_directory_put(const struct curve_directory *d,
				       const char *name,
				       const struct curve_pair *pair,
				       const char *metadata)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "metadata\n%scurve\n    public-key = \"%s\"\n", metadata,
		 pair->public_key);
	curve_directory_write(d, name, text);
}

#endif
