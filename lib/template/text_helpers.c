/*
 * text_helpers - texts in other letters, widths and parts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <glib.h>

#include "template/call.h"
#include "template/tables.h"

static const struct value *change_case(struct helper_call *call,
				       gchar *convert(const gchar *, gssize))
{
	struct slice text = call_text(call, 0);
	struct buf out;

	if (!slice_is_utf8(text))
		return call_fail(call, "the text is not UTF-8");
	call_begin(call, &out);
	while (text.n > 0 && !buf_full(&out)) {
		size_t n = strnlen(text.p, text.n);
		gchar *part = convert(text.p, (gssize)n);

		/* GLib ends at a NUL. */
		buf_append_str(&out, part);
		g_free(part);
		if (n < text.n)
			buf_append_char(&out, text.p[n++]);
		text = slice_bytes(text.p + n, text.n - n);
	}
	return call_end(call, &out);
}

static const struct value *upper(struct helper_call *call)
{
	return change_case(call, g_utf8_strup);
}

static const struct value *lower(struct helper_call *call)
{
	return change_case(call, g_utf8_strdown);
}

const struct helper text_helpers[] = {
    {"lower", lower, 0, 1, HELPER_TEXT},
    {"upper", upper, 0, 1, HELPER_TEXT},
    {0},
};
