/*
 * fields - what the keys of a message may be, and the body made of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of a draft that knows the contract's messages. Every function that
 * returns bool returns false with the draft's fault filled.
 */
#ifndef INGEST_FIELDS_H
#define INGEST_FIELDS_H

#include "draft.h"

/* A message begins, and ends: what it lacks, and how large it was. */
bool fields_begin(struct draft *d);
bool fields_end(struct draft *d);
/* A key of the message; the value that comes next is d->field's. */
bool fields_key(struct draft *d, struct slice key);
bool fields_string(struct draft *d, struct slice s);
bool fields_number(struct draft *d, struct slice text);
/* Any value of a kind that no field has here. Returns false. */
bool fields_wrong(struct draft *d);
/* A map begins, and has ended. */
bool fields_map(struct draft *d);
void fields_map_end(struct draft *d);

#endif
