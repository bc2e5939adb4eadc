/*
 * certificate - a ZeroMQ certificate file: a key, perhaps its secret one, and
 * what is said of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files are those that `postrider keygen`, CZMQ (zcert) and pyzmq
 * (zmq.auth) write: ZPL (RFC 4) with the sections "metadata" and "curve".
 * Everything else in them is skipped.
 */
#ifndef CURVE_CERTIFICATE_H
#define CURVE_CERTIFICATE_H

#include "base/err.h"
#include "curve/curve_key.h"

#define CERTIFICATE_BYTES_MAX 8192
#define CERTIFICATE_NAME_SIZE 129
#define CERTIFICATE_ROLE_SIZE 17
#define CERTIFICATE_PROJECTS_SIZE 4097

struct certificate {
	struct curve_pair keys; /* secret_key is "" in a public certificate */
	/* Of the metadata, "" where it says nothing. */
	char name[CERTIFICATE_NAME_SIZE];
	char role[CERTIFICATE_ROLE_SIZE]; /* "service", "publisher", … */
	/* "project": names, separated by commas or spaces, or "*". */
	char projects[CERTIFICATE_PROJECTS_SIZE];
};

/* On an error *fault says what is wrong (static, no byte of the text in it) and
 * c is wiped. A secret key without its public one gets it. */
MUST_CHECK enum err certificate_parse(struct certificate *c, struct slice text,
				      const char **fault);
/* Of a file; *fault may be strerror's text. */
MUST_CHECK enum err certificate_read(struct certificate *c, const char *path,
				     const char **fault);
void certificate_wipe(struct certificate *c);

/* A pair from the text of a secret certificate, or from 40 characters alone,
 * which are the secret key. */
MUST_CHECK enum err certificate_pair(struct curve_pair *pair, struct slice text,
				     const char **fault);

#endif
