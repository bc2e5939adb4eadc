/*
 * sink_tls - TLS over memory, for the receiver's connections.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOOLS_SINK_TLS_H
#define TOOLS_SINK_TLS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct tls_context;
struct tls;

/* NULL: the files cannot be used. PEM. */
struct tls_context *tls_context_new(const char *cert_file,
				    const char *key_file);
void tls_context_free(struct tls_context **c);

struct tls *tls_new(struct tls_context *c);
void tls_free(struct tls **t);
/* Bytes from the peer; what they hold goes to plain, what must be sent to out.
 */
MUST_CHECK enum err tls_receive(struct tls *t, struct slice in,
				struct buf *plain, struct buf *out);
MUST_CHECK enum err tls_send(struct tls *t, struct slice plain,
			     struct buf *out);

#endif
