/*
 * fuzz_template - templates and the documents that fill them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text up to the first newline is the template, with \n for a newline in
 * it, the rest a document. Whatever they are, nothing crashes, a result is no
 * larger than allowed, and of a failed one nothing is left.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "filter/document.h"
#include "template/template.h"

#include "fuzz.h"

#define ROOM ((size_t)64 * 1024)
#define BEFORE "before"

static char *with_lines(struct slice text, size_t *n)
{
	char *copy = xmalloc(text.n + 1);

	*n = 0;
	for (size_t i = 0; i < text.n; i++) {
		bool line =
		    text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == 'n';

		copy[(*n)++] = line ? '\n' : text.p[i];
		i += line;
	}
	return copy;
}

static void render(const struct template *t, enum template_mode mode,
		   struct slice json, bool fail_on_missing)
{
	const struct template_limits limits = {20000, 4 * 1024 * 1024};
	struct template_render *r = template_render_new(&limits);
	struct document *d = document_new();
	struct template_input in = {.fail_on_missing = fail_on_missing,
				    .wall_ms = 1795731601045};
	struct template_fault fault;
	struct buf out;

	in.root = document_read(d, NULL, json);
	buf_init(&out, ROOM);
	buf_append_str(&out, BEFORE);
	if (template_render(r, t, &in, &out, &fault)) {
		must(out.n <= ROOM && !buf_full(&out));
		for (size_t i = 0; mode == TEMPLATE_HEADER && i < out.n; i++)
			must((unsigned char)out.p[i] >= 0x20);
	} else {
		must(out.n == sizeof(BEFORE) - 1);
		must(fault.line > 0 && fault.column > 0 && fault.text[0]);
	}
	buf_fini(&out);
	document_free(&d);
	template_render_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = size ? memchr(text, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - text) : size, source_n;
	char *source = with_lines(slice_bytes(text, n), &source_n);

	for (int mode = TEMPLATE_JSON; mode <= TEMPLATE_TEXT; mode++) {
		struct template_fault fault;
		struct template *t =
		    template_compile(slice_bytes(source, source_n),
				     (enum template_mode)mode, &fault);

		if (t)
			render(t, (enum template_mode)mode,
			       slice_bytes(text + n, size - n), mode % 2);
		else
			must(fault.line > 0 && fault.text[0]);
		template_free(&t);
	}
	free(source);
	return 0;
}
