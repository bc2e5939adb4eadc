/*
 * template - how long a template of 2 KiB with 30 expressions takes to render.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bench_template FILE TIMES
 *
 * FILE: {"template": ..., "context": ...}. Prints nanoseconds a rendering, the
 * same with the context read from its text each time, and how many bytes it
 * made.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "filter/document.h"
#include "template/template.h"

struct bench {
	struct template *t;
	struct template_render *r;
	struct document *d;
	char *context;
	const struct value *root; /* of d */
	struct buf out;
};

static void once(struct bench *b, bool reading)
{
	struct template_fault fault;
	struct template_input in;

	if (reading || !b->root)
		b->root = document_read(b->d, NULL, slice_of(b->context));
	in = (struct template_input){.root = b->root};
	buf_reset(&b->out);
	must(template_render(b->r, b->t, &in, &b->out, &fault));
}

static double measure(struct bench *b, bool reading, uint64_t times)
{
	uint64_t begin;

	for (uint64_t i = 0; i < times / 10; i++)
		once(b, reading);
	begin = now_us();
	for (uint64_t i = 0; i < times; i++)
		once(b, reading);
	return (double)(now_us() - begin) * 1000 / (double)times;
}

int main(int argc, char **argv)
{
	struct template_fault fault;
	struct bench b = {.context = NULL};
	uint64_t times;
	json_t *doc;

	must(argc == 3 && slice_parse_u64(slice_of(argv[2]), &times));
	doc = json_load_file(argv[1], 0, NULL);
	must(doc);
	b.t = template_compile(
	    slice_of(json_string_value(json_object_get(doc, "template"))),
	    TEMPLATE_JSON, &fault);
	b.context = json_dumps(json_object_get(doc, "context"), JSON_COMPACT);
	must(b.t && b.context);
	b.r = template_render_new(NULL);
	b.d = document_new();
	buf_init(&b.out, 1024 * 1024);
	printf("%.0f ", measure(&b, false, times));
	printf("%.0f %zu\n", measure(&b, true, times), b.out.n);
	buf_fini(&b.out);
	document_free(&b.d);
	template_render_free(&b.r);
	template_free(&b.t);
	free(b.context);
	json_decref(doc);
	return 0;
}
