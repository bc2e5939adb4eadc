/*
 * encode_helpers - texts as URLs, JSON, Base64 and hexadecimal digits hold
 * them. SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "filter/value_print.h"
#include "template/call.h"
#include "template/tables.h"

static void url_encode_to(const struct helper_call *call, struct buf *out,
			  struct slice text)
{
	size_t from = out->n;

	percent_encode(out, text);
	if (!call_option_true(call, "plus"))
		return;
	/* Every "%20" is a space: a percent sign became "%25". */
	for (size_t i = from; i < out->n; i++) {
		bool space = out->n - i >= 3 && !memcmp(out->p + i, "%20", 3);

		out->p[from++] = space ? '+' : out->p[i];
		i += space ? 2 : 0;
	}
	out->n = from;
}

static const struct value *url_encode(struct helper_call *call)
{
	struct buf out;

	call_begin(call, &out);
	url_encode_to(call, &out, call_subject(call));
	return call_end(call, &out);
}

/* What was not text before is refused, or it would be printed somewhere. */
static const struct value *end_utf8(struct helper_call *call, struct buf *out,
				    const char *error)
{
	if (buf_full(out) || slice_is_utf8(buf_slice(out)))
		return call_end(call, out);
	buf_fini(out);
	return call_fail(call, error);
}

static const struct value *url_decode(struct helper_call *call)
{
	struct slice text = call_subject(call);
	struct buf out;

	call_begin(call, &out);
	for (size_t i = 0; i < text.n; i++) {
		int high = -1, low = -1;

		if (text.p[i] == '%' && text.n - i >= 3) {
			high = hex_value(text.p[i + 1]);
			low = hex_value(text.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			buf_append_char(&out, (char)(high << 4 | low));
			i += 2;
		} else {
			buf_append_char(&out,
					text.p[i] == '+' ? ' ' : text.p[i]);
		}
	}
	return end_utf8(call, &out, "urlDecode: the result is not UTF-8");
}

static const struct value *to_json(struct helper_call *call)
{
	struct buf out;

	call_begin(call, &out);
	value_print(call_arg(call, 0), &out);
	call->raw = true;
	return call_end(call, &out);
}

static const struct value *to_url_encoded_json(struct helper_call *call)
{
	struct buf json, out;

	call_begin(call, &json);
	value_print(call_arg(call, 0), &json);
	call_begin(call, &out);
	url_encode_to(call, &out, buf_slice(&json));
	if (buf_full(&json))
		out.full = true;
	buf_fini(&json);
	return call_end(call, &out);
}

static const struct value *base64(struct helper_call *call)
{
	struct buf out;

	call_begin(call, &out);
	base64_encode(&out, call_subject(call));
	if (call_option_true(call, "url")) {
		while (out.n > 0 && out.p[out.n - 1] == '=')
			out.n--;
		for (size_t i = 0; i < out.n; i++) {
			char c = out.p[i];

			out.p[i] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
		}
	}
	return call_end(call, &out);
}

static const struct value *base64_decode_text(struct helper_call *call)
{
	enum err rc;
	struct buf out;

	call_begin(call, &out);
	rc = base64_decode(&out, call_subject(call));
	if (rc == ERR_OK || buf_full(&out))
		return end_utf8(call, &out,
				"base64Decode: the result is not UTF-8");
	buf_fini(&out);
	return call_fail(call, "base64Decode: the text is not Base64");
}

static const struct value *hex(struct helper_call *call)
{
	struct buf out;

	call_begin(call, &out);
	hex_encode(&out, call_subject(call));
	return call_end(call, &out);
}

const struct helper encode_helpers[] = {
    {"base64", base64, 0, 1, HELPER_TEXT},
    {"base64Decode", base64_decode_text, 0, 1, HELPER_TEXT},
    {"hexEncode", hex, 0, 1, HELPER_TEXT},
    {"json", to_json, 1, 1, HELPER_INLINE},
    {"toJson", to_json, 1, 1, HELPER_INLINE},
    {"toUrlEncodedJson", to_url_encoded_json, 1, 1, HELPER_INLINE},
    {"urlDecode", url_decode, 0, 1, HELPER_TEXT},
    {"urlEncode", url_encode, 0, 1, HELPER_TEXT},
    {0},
};
