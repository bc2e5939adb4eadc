/*
 * fuzz_helper - a helper of templates with any arguments.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text up to the first newline names the helper, the rest is a JSON list of
 * its arguments; if the last one is an object its members are options, too.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "filter/document.h"
#include "template/helper.h"

#include "fuzz.h"

#define ARGS_MAX 16

static size_t read_args(const struct value *list, const struct value **args)
{
	size_t n = 0;

	for (const struct value *v = list->first; v && n < ARGS_MAX;
	     v = v->next)
		args[n++] = v;
	return n;
}

static size_t read_options(const struct value *object,
			   struct helper_option *options)
{
	size_t n = 0;

	if (object->kind != VALUE_OBJECT)
		return 0;
	for (const struct value *v = object->first; v && n < ARGS_MAX;
	     v = v->next)
		options[n++] = (struct helper_option){v->key, v};
	return n;
}

/* Of UTF-8 everything made is UTF-8, too. */
static void check_result(const struct value *result, struct arena *arena,
			 size_t bytes_left, bool utf8)
{
	must(!utf8 || slice_is_utf8(value_text(result, arena)));
	must(!utf8 || slice_is_utf8(value_json(result, arena)));
	must(result->kind != VALUE_STRING || result->text.n <= bytes_left);
}

static void call(const struct helper *h, const struct value *list, bool utf8,
		 size_t bytes_left, bool block)
{
	const struct value *args[ARGS_MAX], *result;
	struct helper_option options[ARGS_MAX];
	struct arena arena = {0};
	struct helper_call c = {.args = args,
				.options = options,
				.arena = &arena,
				.wall_ms = 1795731601045,
				.bytes_left = bytes_left,
				.block = block};

	c.n_args = read_args(list, args);
	if (c.n_args > 0)
		c.n_options = read_options(args[c.n_args - 1], options);
	result = h->fn(&c);
	must(!result == !!c.error);
	if (result)
		check_result(result, &arena, bytes_left, utf8);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = size ? memchr(text, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - text) : size;
	const struct helper *h = helper_find(slice_bytes(text, n));
	struct document *d = document_new();
	char *json = xasprintf("{\"a\":%.*s}", (int)(size - n), text + n);
	const struct value *list = value_member(
	    document_read(d, NULL, slice_of(json)), SLICE_LIT("a"));

	bool utf8 = slice_is_utf8(slice_of(json));

	if (h && list && list->kind == VALUE_ARRAY) {
		call(h, list, utf8, size + 1000, false);
		call(h, list, utf8, size + 1000, true);
	}
	free(json);
	document_free(&d);
	return 0;
}
