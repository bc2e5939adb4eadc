/*
 * merge - a URL with fields of the message in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "filter/merge.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "filter/climb.h"
#include "filter/document.h"

#define NAME_BYTES_MAX 256
#define ROOT "dataFields."

/* Literal text and the field behind it. */
struct piece {
	struct slice text;
	struct path field; /* n == 0: the end */
};

struct merge {
	struct arena arena;
	struct piece *pieces; /* in the arena */
	size_t n;
	struct wanted *wanted;
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '$' ||
	       c == '.';
}

static const char *find(struct slice s, const char *pair)
{
	return s.n ? memmem(s.p, s.n, pair, 2) : NULL;
}

static const char *add_field(struct merge *m, struct piece *piece,
			     struct slice name)
{
	char path[sizeof(ROOT) + NAME_BYTES_MAX];
	const char *fault;

	if (name.n == 0 || name.n > NAME_BYTES_MAX)
		return "a merge field has a name of 1 to 256 bytes";
	for (size_t i = 0; i < name.n; i++)
		if (!is_name_char(name.p[i]))
			return "a merge field is {{name}}, of letters, "
			       "digits, _, -, $ and dots between names";
	(void)snprintf(path, sizeof(path), ROOT "%.*s", SLICE_FMT(name));
	fault = path_parse(&piece->field, slice_of(path), &m->arena);
	if (!fault)
		wanted_add(m->wanted, &piece->field);
	return fault;
}

/* One more piece; what is left of the URL stays in *rest. */
static const char *add_piece(struct merge *m, struct slice *rest)
{
	struct piece *piece = &m->pieces[m->n++];
	const char *begin = find(*rest, "{{"), *close = find(*rest, "}}"), *end;
	size_t n = begin ? (size_t)(begin - rest->p) : rest->n;

	*piece = (struct piece){.text = slice_bytes(rest->p, n)};
	if (close && (!begin || close < begin))
		return "a merge field is closed that was not opened";
	*rest = slice_bytes(rest->p + n, rest->n - n);
	if (!begin)
		return NULL;
	*rest = slice_bytes(rest->p + 2, rest->n - 2);
	end = find(*rest, "}}");
	if (!end)
		return "a merge field is opened and not closed";
	n = (size_t)(end - rest->p);
	begin = rest->p;
	*rest = slice_bytes(rest->p + n + 2, rest->n - n - 2);
	return add_field(m, piece, slice_bytes(begin, n));
}

static const char *compile(struct merge *m, struct slice url)
{
	const char *fault = NULL;
	struct slice rest;
	char *copy;

	copy = arena_alloc(&m->arena, url.n);
	memcpy(copy, url.p, url.n);
	rest = slice_bytes(copy, url.n);
	/* A field has five bytes at least. */
	m->pieces =
	    arena_alloc(&m->arena, (url.n / 5 + 2) * sizeof(*m->pieces));
	while (!fault && rest.n > 0)
		fault = add_piece(m, &rest);
	if (!fault && url_climbs(url))
		fault = "with merge fields no segment of its path is . or ..";
	return fault;
}

const char *merge_compile(struct slice url, struct merge **out)
{
	struct merge *m;
	const char *fault;

	*out = NULL;
	if (!find(url, "{{") && !find(url, "}}"))
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->wanted = wanted_new();
	fault = compile(m, url);
	if (fault)
		merge_free(&m);
	*out = m;
	return fault;
}

void merge_free(struct merge **m)
{
	if (!*m)
		return;
	wanted_free(&(*m)->wanted);
	arena_fini(&(*m)->arena);
	free(*m);
	*m = NULL;
}

static void add_value(struct buf *out, const struct value *v)
{
	if (!v)
		return;
	if (v->kind == VALUE_TRUE || v->kind == VALUE_FALSE)
		buf_append_str(out, v->kind == VALUE_TRUE ? "true" : "false");
	else if (v->kind == VALUE_STRING || v->kind == VALUE_WHOLE ||
		 v->kind == VALUE_REAL)
		percent_encode(out, v->text);
}

bool merge_render(const struct merge *m, struct document *d,
		  struct slice message, struct buf *out)
{
	const struct value *root = document_read(d, m->wanted, message);
	size_t before = out->n;

	for (size_t i = 0; i < m->n; i++) {
		const struct piece *piece = &m->pieces[i];

		buf_append_slice(out, piece->text);
		if (piece->field.n > 0)
			add_value(out, path_one(&piece->field, root));
	}
	return !url_climbs(slice_bytes(out->p + before, out->n - before));
}
