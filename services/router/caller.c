/*
 * caller - whose call it is.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "caller.h"

#include <stdlib.h>

#include "base/mem.h"
#include "filter/document.h"
#include "filter/path.h"

struct caller_reader {
	struct document *document;
	struct wanted *wanted; /* the two names */
	struct arena arena;    /* of their paths */
};

static void want(struct caller_reader *r, struct slice name)
{
	struct path path;

	must(!path_parse(&path, name, &r->arena));
	wanted_add(r->wanted, &path);
}

struct caller_reader *caller_reader_new(void)
{
	struct caller_reader *r = xcalloc(1, sizeof(*r));

	r->document = document_new();
	r->wanted = wanted_new();
	want(r, SLICE_LIT("email"));
	want(r, SLICE_LIT("userId"));
	return r;
}

void caller_reader_free(struct caller_reader **reader)
{
	struct caller_reader *r = *reader;

	if (!r)
		return;
	document_free(&r->document);
	wanted_free(&r->wanted);
	arena_fini(&r->arena);
	free(r);
	*reader = NULL;
}

static struct slice text_of(const struct value *body, struct slice name)
{
	const struct value *v = value_member(body, name);

	return v && v->kind == VALUE_STRING ? v->text : slice_bytes("", 0);
}

struct caller caller_read(struct caller_reader *r, struct slice body)
{
	const struct value *v = document_read(r->document, r->wanted, body);

	return (struct caller){text_of(v, SLICE_LIT("email")),
			       text_of(v, SLICE_LIT("userId"))};
}
