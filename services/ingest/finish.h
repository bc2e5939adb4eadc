/*
 * finish - a message at its end: what it lacks, what its op does not have, and
 * the body made of it. SPDX-License-Identifier: Apache-2.0
 *
 * Only here is the op known for sure: the keys may come in any order.
 */
#ifndef INGEST_FINISH_H
#define INGEST_FINISH_H

#include "draft.h"

/* False with the draft's fault filled. */
bool finish_message(struct draft *d);

#endif
