/*
 * jsonpath_query - follows paths, one JSON line for each.
 * SPDX-License-Identifier: Apache-2.0
 *
 * {"path": "$.a", "document": …} in, {"values": […]} or {"error": "…"} out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "filter/document.h"
#include "filter/value_print.h"
#include "jsonpath/jsonpath.h"

#define ANSWER_MAX (16 << 20)

static void put_error(struct buf *out, const char *text)
{
	buf_append_str(out, "{\"error\":");
	json_quote(out, slice_of(text));
	buf_append_char(out, '}');
}

static void put_values(const struct jsonpath *path, const struct value *root,
		       struct buf *out)
{
	struct arena arena = {0};
	struct jsonpath_nodes nodes;

	if (jsonpath_all(path, root, &arena, &nodes) == JSONPATH_LIMIT) {
		put_error(out, "limit");
	} else {
		buf_append_str(out, "{\"values\":[");
		for (size_t i = 0; i < nodes.n; i++) {
			if (i > 0)
				buf_append_char(out, ',');
			value_print(nodes.list[i], out);
		}
		buf_append_str(out, "]}");
	}
	arena_fini(&arena);
}

/* The line is read by the reader of answers; only the path is taken out. */
static void answer(struct document *d, struct slice line, struct buf *out)
{
	const struct value *root = document_read_any(d, line);
	const struct value *path, *document;
	struct jsonpath_fault fault;
	struct jsonpath *p;

	must(root && root->kind == VALUE_OBJECT);
	path = value_member(root, SLICE_LIT("path"));
	document = value_member(root, SLICE_LIT("document"));
	must(path && document);
	p = jsonpath_compile(path->text, &fault);
	if (p)
		put_values(p, document, out);
	else
		put_error(out, fault.text);
	jsonpath_free(&p);
}

int main(void)
{
	struct document *d = document_new();
	char *line = NULL;
	size_t size = 0;
	struct buf out;
	ssize_t n;

	buf_init(&out, ANSWER_MAX);
	while ((n = getline(&line, &size, stdin)) > 0) {
		buf_reset(&out);
		answer(d, slice_bytes(line, (size_t)n), &out);
		must(!buf_full(&out));
		printf("%.*s\n", SLICE_FMT(buf_slice(&out)));
	}
	free(line);
	buf_fini(&out);
	document_free(&d);
	return 0;
}
