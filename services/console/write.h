/*
 * write - one change of the configuration, by one script.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_WRITE_H
#define CONSOLE_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ulid.h"
#include "call.h"
#include "store/config.h"

struct change {
	enum config_kind kind;
	const char *id;
	struct slice old;   /* what it was; empty: nothing */
	struct slice fresh; /* what it shall be; empty: nothing */
	/* Unique among those of the kind in the project; NULL: none. */
	const char *old_name, *name;
	const char *project; /* must be there; NULL: no matter */
	bool clear_disabled;
};

/* fn is called with the call; its first line is write_done(). */
void write_change(struct call *call, const struct change *change,
		  redis_reply_fn *fn);
/* The same, and what is wrong is for the caller to say: before and after. */
MUST_CHECK enum err write_send(struct call *call, const struct change *change,
			       redis_reply_fn *fn);
/* True with the new version, else the call has been answered. */
bool write_done(struct call *call, enum err e, const struct reply *reply,
		uint64_t *version);

/* HGET of one document; fn is called with the call. */
void read_document(struct call *call, enum config_kind kind, const char *id,
		   redis_reply_fn *fn);
/* NULL when it is none. New. */
json_t *parse_document(const struct reply *reply);
/* The document, NULL when the call has been answered. New. */
json_t *document_of(struct call *call, enum err e, const struct reply *reply);

/* HGET of the one whose id is in params[1]; fn begins with own_document(). */
void read_own(struct call *call, enum config_kind kind, redis_reply_fn *fn);
/* The document, when it is one of the project in params[0]; NULL: answered.
 * New. */
json_t *own_document(struct call *call, enum err e, const struct reply *reply);

/* The webhooks or credentials of the project in params[0], as the mirror has
 * them, in no order: n ids. The caller frees. */
struct ulid *project_ids(const struct call *call, enum config_kind kind,
			 size_t *n);
/* The documents of all its webhooks; fn is called with the call, and a reply of
 * none when there are none. */
void read_webhooks(struct call *call, redis_reply_fn *fn);

/* Shows one document; takes ownership of doc and may return it. */
typedef json_t *view_fn(struct call *call, json_t *doc);

/* Answers with a page of the documents with these ids, which are in any order
 * and borrowed until this returns; the array is sorted in place. */
void list_documents(struct call *call, enum config_kind kind, const char **ids,
		    size_t n, view_fn *view);
/* The same of all webhooks or credentials of the project in params[0]. */
void list_project(struct call *call, enum config_kind kind, view_fn *view);

#endif
