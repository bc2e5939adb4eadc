/*
 * trust - the file of root certificates for libcurl: its own, and more.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CURL_TRUST_H
#define CURL_TRUST_H

#include <stdbool.h>
#include <stddef.h>

struct trust;

/* file: PEM with at least one certificate, added to libcurl's own. NULL, with a
 * text that names it and the setting that it is from, when it does not do. */
struct trust *trust_open(const char *setting, const char *file, char *error,
			 size_t error_size);
void trust_close(struct trust **t);
/* A name under which this process finds both in one file. */
const char *trust_path(const struct trust *t);

#endif
