/*
 * trust - the file of root certificates for libcurl: its own, and more.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SENDER_TRUST_H
#define SENDER_TRUST_H

#include <stdbool.h>
#include <stddef.h>

struct trust;

/* system_file may be NULL. extra_file: PEM with at least one certificate, added
 * to the system's. NULL, with a text that names the file, when one of them does
 * not do. */
struct trust *trust_open(const char *system_file, const char *extra_file,
			 char *error, size_t error_size);
void trust_close(struct trust **t);
/* A name under which this process finds both in one file. */
const char *trust_path(const struct trust *t);

#endif
