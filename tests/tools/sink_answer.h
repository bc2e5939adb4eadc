/*
 * sink_answer - what a request gets: an answer, or one of the misdeeds.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOOLS_SINK_ANSWER_H
#define TOOLS_SINK_ANSWER_H

#include "sink_conn.h"

/* The request in hand has been read and recorded. */
void answer_start(struct conn *c);
/* Answers 204 to a request that was left without an answer. */
void answer_release(struct conn *c);

#endif
