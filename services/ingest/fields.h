/*
 * fields - what the keys of a message may be.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of a draft that knows the contract's messages. Every function that
 * returns bool returns false with the draft's fault filled.
 */
#ifndef INGEST_FIELDS_H
#define INGEST_FIELDS_H

#include "draft.h"

/* A message begins. */
bool fields_begin(struct draft *d);
/* A key of the message; the value that comes next is d->field's. */
bool fields_key(struct draft *d, struct slice key);
bool fields_string(struct draft *d, struct slice s);
bool fields_number(struct draft *d, struct slice text);
/* Any value of a kind that no field has here. Returns false. */
bool fields_wrong(struct draft *d);
/* A map begins, and has ended. */
bool fields_map(struct draft *d);
bool fields_map_end(struct draft *d);
/* Null, a map or an array within the map at hand. */
bool fields_may_nest(struct draft *d);

/* Of the message at hand: has it the key, and what is its value? A map's is
 * JSON. */
static inline bool fields_has(const struct draft *d, enum draft_field field)
{
	return d->seen >> field & 1;
}
struct slice fields_value(const struct draft *d, enum draft_field field);
/* Copies the value. */
void fields_keep(struct draft *d, enum draft_field field, struct slice s);
const char *fields_name(enum draft_field field);
bool fields_is_map(enum draft_field field);

#endif
