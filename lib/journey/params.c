/*
 * params - the parameters that a tile adds to its webhook's URL.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey/params.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"
#include "filter/document.h"
#include "journey/parts.h"
#include "template/helper.h"

/* Compiled ones, of all webhooks; when there are more, all are forgotten. */
#define TEMPLATES_MAX 256

struct params {
	struct document *document;
	struct table *templates; /* source -> owned struct template */
	struct buf text;
};

struct params *params_new(void)
{
	struct params *p = xcalloc(1, sizeof(*p));

	p->document = document_new();
	p->templates = table_new(TEMPLATES_MAX);
	buf_init(&p->text, JOURNEY_URL_BYTES_MAX);
	return p;
}

static void forget(struct params *p)
{
	struct slice key;
	size_t pos = 0;
	void *value;

	while (table_next(p->templates, &pos, &key, &value)) {
		struct template *t = value;

		template_free(&t);
	}
	table_free(&p->templates);
}

void params_free(struct params **p)
{
	if (!*p)
		return;
	forget(*p);
	document_free(&(*p)->document);
	buf_fini(&(*p)->text);
	free(*p);
	*p = NULL;
}

static const struct template *template_of(struct params *p, struct slice source,
					  struct template_fault *fault)
{
	struct template *t = table_find(p->templates, source);

	if (t)
		return t;
	t = template_compile(source, TEMPLATE_TEXT, fault);
	if (!t)
		return NULL;
	if (table_count(p->templates) == TEMPLATES_MAX) {
		forget(p);
		p->templates = table_new(TEMPLATES_MAX);
	}
	must(table_put(p->templates, source, t) == ERR_OK);
	return t;
}

/* Behind the query that is there, or as the first of one. */
static void add(struct buf *out, struct slice name, struct slice value)
{
	bool query = memchr(out->p, '?', out->n);
	char last = out->p[out->n - 1];

	if (!query)
		buf_append_char(out, '?');
	else if (last != '?' && last != '&')
		buf_append_char(out, '&');
	percent_encode(out, name);
	buf_append_char(out, '=');
	percent_encode(out, value);
}

static bool append(struct params *p, const struct value *param,
		   struct template_render *render,
		   const struct template_input *in, struct buf *out,
		   struct journey_fault *fault)
{
	struct template_fault where;
	const struct template *t = NULL;

	if (param->kind != VALUE_STRING) {
		journey_fault_set(fault, "a text is wanted", "params.%.*s",
				  SLICE_FMT(param->key));
		return false;
	}
	buf_reset(&p->text);
	t = template_of(p, param->text, &where);
	if (!t || !template_render(render, t, in, &p->text, &where)) {
		fault_of_template(fault, &where, "params.%.*s",
				  SLICE_FMT(param->key));
		return false;
	}
	add(out, param->key, buf_slice(&p->text));
	return true;
}

bool params_append(struct params *p, struct slice params,
		   struct template_render *render,
		   const struct template_input *in, struct buf *out,
		   struct journey_fault *fault)
{
	const struct value *object;

	if (params.n == 0 || out->n == 0)
		return true;
	object = document_read(p->document, NULL, params);
	for (const struct value *v = object->first; v; v = v->next)
		if (!append(p, v, render, in, out, fault))
			return false;
	return true;
}
