/*
 * document - reads a message's JSON text, as far as somebody wants it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keeps its memory from one message to the next.
 */
#ifndef FILTER_DOCUMENT_H
#define FILTER_DOCUMENT_H

#include "base/slice.h"
#include "filter/value.h"
#include "filter/wanted.h"

#define DOCUMENT_DEPTH_MAX 64

struct document;

struct document *document_new(void);
void document_free(struct document **d);
/* The message with what is wanted of it; NULL wants all. Of a text that is no
 * JSON object or nested too deeply nothing is known: an empty object. Valid
 * until the next call and as long as json is; text without escapes is a view of
 * it. */
const struct value *document_read(struct document *d,
				  const struct wanted *wanted,
				  struct slice json);
/* All of a JSON text, whatever value it is. NULL: it is none, something but
 * white space follows, it is no UTF-8, or it is nested too deeply. Valid as
 * above. */
const struct value *document_read_any(struct document *d, struct slice json);

#endif
