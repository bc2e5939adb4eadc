/*
 * value_print - a value as JSON text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "filter/value_print.h"

#include <inttypes.h>
#include <math.h>

#include "base/text.h"

static void print_number(const struct value *v, struct buf *out)
{
	if (v->text.n > 0)
		buf_append_slice(out, v->text);
	else if (v->kind == VALUE_WHOLE)
		buf_printf(out, "%" PRId64, v->whole);
	else if (isfinite(v->real))
		buf_printf(out, "%.17g", v->real);
	else
		buf_append_str(out, "null");
}

/* As deep as a document may be. */
static void print_list(const struct value *v, struct buf *out)
{
	bool map = v->kind == VALUE_OBJECT;

	buf_append_char(out, map ? '{' : '[');
	for (const struct value *e = v->first; e; e = e->next) {
		if (e != v->first)
			buf_append_char(out, ',');
		if (map) {
			json_quote(out, e->key);
			buf_append_char(out, ':');
		}
		value_print(e, out);
	}
	buf_append_char(out, map ? '}' : ']');
}

void value_print(const struct value *v, struct buf *out)
{
	switch (v->kind) {
	case VALUE_NULL:
		buf_append_str(out, "null");
		break;
	case VALUE_FALSE:
		buf_append_str(out, "false");
		break;
	case VALUE_TRUE:
		buf_append_str(out, "true");
		break;
	case VALUE_WHOLE:
	case VALUE_REAL:
		print_number(v, out);
		break;
	case VALUE_STRING:
		json_quote(out, v->text);
		break;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		print_list(v, out);
		break;
	}
}
