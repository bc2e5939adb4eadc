/*
 * template_render - renders templates, one for each line of its input.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In: {"template": ..., "context": ..., "mode": "html"}; out: {"output": ...}
 * or {"error": ..., "line": ..., "column": ...}.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "filter/document.h"
#include "template/template.h"

#define OUTPUT_BYTES_MAX (4u * 1024 * 1024)

static enum template_mode mode_of(const char *name)
{
	static const char *const names[] = {[TEMPLATE_JSON] = "json",
					    [TEMPLATE_URL] = "url",
					    [TEMPLATE_FORM] = "form",
					    [TEMPLATE_HTML] = "html",
					    [TEMPLATE_HEADER] = "header"};

	for (size_t i = 0; name && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum template_mode)i;
	return TEMPLATE_TEXT;
}

static json_t *failed(const struct template_fault *fault)
{
	return json_pack("{s:s,s:i,s:i}", "error", fault->text, "line",
			 (int)fault->line, "column", (int)fault->column);
}

static json_t *render(const struct template *t, const json_t *line)
{
	char *text = json_dumps(json_object_get(line, "context"), 0);
	struct template_render *r = template_render_new(NULL);
	struct document *d = document_new();
	struct template_fault fault;
	struct template_input in = {
	    .root = document_read(d, NULL, slice_of(text ? text : "{}"))};
	json_t *answer;
	struct buf out;

	in.fail_on_missing = json_is_true(json_object_get(line, "strict"));
	buf_init(&out, OUTPUT_BYTES_MAX);
	if (template_render(r, t, &in, &out, &fault))
		answer =
		    json_pack("{s:s%}", "output", out.p ? out.p : "", out.n);
	else
		answer = failed(&fault);
	buf_fini(&out);
	document_free(&d);
	template_render_free(&r);
	free(text);
	return answer;
}

static json_t *take(const json_t *line)
{
	const json_t *text = json_object_get(line, "template");
	const char *mode = json_string_value(json_object_get(line, "mode"));
	struct template_fault fault;
	struct template *t = template_compile(
	    slice_bytes(json_string_value(text), json_string_length(text)),
	    mode_of(mode), &fault);
	json_t *answer = t ? render(t, line) : failed(&fault);

	template_free(&t);
	return answer;
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		json_t *in = json_loads(line, JSON_ALLOW_NUL, NULL);
		json_t *out = in ? take(in) : NULL;

		must(out);
		json_dumpf(out, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(out);
		json_decref(in);
	}
	free(line);
	return 0;
}
