/*
 * reply - what a publisher is told, in the encoding it has used.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reply.h"

#include <msgpack.h>

#include "base/text.h"

static int append_packed(void *out, const char *p, size_t n)
{
	buf_append(out, p, n);
	return 0;
}

static void pack_text(msgpack_packer *pk, const char *s)
{
	msgpack_pack_str_with_body(pk, s, strlen(s));
}

static void accepted_msgpack(struct buf *out, const struct publication *p)
{
	char id[ID_TEXT_SIZE];
	msgpack_packer pk;

	msgpack_packer_init(&pk, out, append_packed);
	msgpack_pack_map(&pk, 4);
	pack_text(&pk, "ok");
	msgpack_pack_true(&pk);
	pack_text(&pk, "accepted");
	msgpack_pack_uint64(&pk, p->n - p->duplicates);
	pack_text(&pk, "duplicates");
	msgpack_pack_uint64(&pk, p->duplicates);
	pack_text(&pk, "ids");
	msgpack_pack_array(&pk, p->n);
	for (size_t i = 0; i < p->n; i++)
		pack_text(&pk, ulid_format(id, "evt", &p->ids[i]));
}

static void accepted_json(struct buf *out, const struct publication *p)
{
	char id[ID_TEXT_SIZE];

	buf_printf(out, "{\"ok\":true,\"accepted\":%zu,\"duplicates\":%zu,",
		   p->n - p->duplicates, p->duplicates);
	buf_append_str(out, "\"ids\":[");
	for (size_t i = 0; i < p->n; i++) {
		buf_append_str(out, i > 0 ? ",\"" : "\"");
		buf_append_str(out, ulid_format(id, "evt", &p->ids[i]));
		buf_append_char(out, '"');
	}
	buf_append_str(out, "]}");
}

void reply_accepted(struct buf *out, enum encoding encoding,
		    const struct publication *p)
{
	if (encoding == ENCODING_JSON)
		accepted_json(out, p);
	else
		accepted_msgpack(out, p);
}

static void refused_msgpack(struct buf *out, const struct fault *f)
{
	bool index = f->index != FAULT_NO_INDEX, field = f->field[0] != '\0';
	bool retry = f->retry_after_ms > 0;
	msgpack_packer pk;

	msgpack_packer_init(&pk, out, append_packed);
	msgpack_pack_map(&pk, 2);
	pack_text(&pk, "ok");
	msgpack_pack_false(&pk);
	pack_text(&pk, "error");
	msgpack_pack_map(&pk, 2U + index + field + retry);
	pack_text(&pk, "code");
	pack_text(&pk, fault_code_text(f->code));
	pack_text(&pk, "message");
	pack_text(&pk, f->message);
	if (index) {
		pack_text(&pk, "index");
		msgpack_pack_int64(&pk, f->index);
	}
	if (field) {
		pack_text(&pk, "field");
		pack_text(&pk, f->field);
	}
	if (retry) {
		pack_text(&pk, "retryAfterMs");
		msgpack_pack_uint64(&pk, f->retry_after_ms);
	}
}

static void refused_json(struct buf *out, const struct fault *f)
{
	buf_printf(out, "{\"ok\":false,\"error\":{\"code\":\"%s\",\"message\":",
		   fault_code_text(f->code));
	json_quote(out, slice_of(f->message));
	if (f->index != FAULT_NO_INDEX)
		buf_printf(out, ",\"index\":%lld", (long long)f->index);
	if (f->field[0] != '\0') {
		buf_append_str(out, ",\"field\":");
		json_quote(out, slice_of(f->field));
	}
	if (f->retry_after_ms > 0)
		buf_printf(out, ",\"retryAfterMs\":%llu",
			   (unsigned long long)f->retry_after_ms);
	buf_append_str(out, "}}");
}

void reply_refused(struct buf *out, enum encoding encoding,
		   const struct fault *fault)
{
	if (encoding == ENCODING_JSON)
		refused_json(out, fault);
	else
		refused_msgpack(out, fault);
}
