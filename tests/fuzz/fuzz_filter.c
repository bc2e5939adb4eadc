/*
 * fuzz_filter - a filter and a message, together.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text up to the first newline is a filter, the rest a message. What holds
 * for the whole message must hold for what is kept of it, in a set and alone.
 */
#include "base/mem.h"
#include "filter/document.h"
#include "filter/set.h"

#include "fuzz.h"

static void count(void *arg, void *subscriber)
{
	must(arg == subscriber);
	++*(unsigned *)arg;
}

static void evaluate(const struct filter *f, struct slice message)
{
	struct document *d = document_new();
	struct filter_set *set = filter_set_new();
	bool holds = filter_holds(f, document_read(d, NULL, message));
	const struct value *kept;
	unsigned hits = 0;

	filter_set_add(set, f, &hits);
	filter_set_build(set);
	kept = document_read(d, filter_set_wanted(set), message);
	must(filter_holds(f, kept) == holds);
	filter_set_match(set, kept, count, &hits);
	must(hits == (unsigned)holds);
	filter_set_free(&set);
	document_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = size ? memchr(text, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - text) : size;
	json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	struct filter_fault fault;
	struct filter *f = json ? filter_compile(json, &fault) : NULL;

	if (json && !f)
		must(fault.text && memchr(fault.path, 0, sizeof(fault.path)));
	if (f)
		evaluate(f, slice_bytes(text + n, size - n));
	filter_free(&f);
	json_decref(json);
	return 0;
}
