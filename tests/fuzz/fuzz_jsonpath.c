/*
 * fuzz_jsonpath - a path and a document, together.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text up to the first newline is a path, the rest a document. One node and
 * all nodes must agree, and a singular path never has two.
 */
#include "base/mem.h"
#include "filter/document.h"
#include "jsonpath/jsonpath.h"

#include "fuzz.h"

static void query(const struct jsonpath *path, const struct value *root)
{
	struct arena arena = {0};
	struct jsonpath_nodes nodes;
	const struct value *one;
	enum jsonpath_found found = jsonpath_one(path, root, &arena, &one);

	must((found == JSONPATH_ONE) == (one != NULL));
	must(!jsonpath_is_singular(path) || found != JSONPATH_MANY);
	if (jsonpath_all(path, root, &arena, &nodes) != JSONPATH_LIMIT) {
		must(found == (nodes.n == 0   ? JSONPATH_NONE
			       : nodes.n == 1 ? JSONPATH_ONE
					      : JSONPATH_MANY));
		must(nodes.n != 1 || nodes.list[0] == one);
	} else {
		must(nodes.n == 0);
	}
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = size ? memchr(text, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - text) : size;
	struct jsonpath_fault fault = {0};
	struct jsonpath *path = jsonpath_compile(slice_bytes(text, n), &fault);
	struct document *d = document_new();
	const struct value *root =
	    document_read_any(d, slice_bytes(text + n, size - n));

	if (!path)
		must(fault.text && fault.position > 0 &&
		     fault.position <= n + 1);
	if (path && root)
		query(path, root);
	document_free(&d);
	jsonpath_free(&path);
	return 0;
}
