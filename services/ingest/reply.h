/*
 * reply - what a publisher is told, in the encoding it has used.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef INGEST_REPLY_H
#define INGEST_REPLY_H

#include "base/buf.h"

#include "publication.h"

void reply_accepted(struct buf *out, enum encoding encoding,
		    const struct publication *p);
void reply_refused(struct buf *out, enum encoding encoding,
		   const struct fault *fault);

#endif
