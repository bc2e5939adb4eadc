/*
 * message_reader - JSON objects out of a stream: lines, a list, or spread out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Finds where each object begins and ends and leaves its text as it is, so that
 * numbers and key order reach the receiver as they were written.
 */
#ifndef CLI_MESSAGE_READER_H
#define CLI_MESSAGE_READER_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/slice.h"

#define MESSAGE_BYTES_MAX (2 * 1024 * 1024)

struct message_reader;

struct message_reader *message_reader_new(FILE *in); /* borrowed */
void message_reader_free(struct message_reader **r);
/* The next object's text, valid until the next call, and the line on which it
 * begins. ERR_CLOSED: no more; ERR_MALFORMED: something else than an object, or
 * one that does not end; ERR_TOO_LARGE; ERR_IO. After an error there is no
 * more. */
MUST_CHECK enum err message_reader_next(struct message_reader *r,
					struct slice *object, uint64_t *line);

#endif
