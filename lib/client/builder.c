/*
 * builder - a JSON batch, message by message.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns its buffer. Knows the limits of a frame, not what makes an event valid:
 * the front door says that, with the index of the fault.
 */
#include "client/postrider.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

struct postrider_builder {
	struct buf body;
	size_t count;
};

struct postrider_builder *postrider_builder_new(void)
{
	struct postrider_builder *b = xcalloc(1, sizeof(*b));

	/* One more than a frame may have: the closing bracket always fits. */
	buf_init(&b->body, POSTRIDER_BODY_BYTES_MAX + 1);
	return b;
}

void postrider_builder_free(struct postrider_builder **b)
{
	if (!*b)
		return;
	buf_fini(&(*b)->body);
	free(*b);
	*b = NULL;
}

void postrider_builder_reset(struct postrider_builder *b)
{
	buf_reset(&b->body);
	b->count = 0;
}

/* Takes back what did not fit. */
static enum postrider_status finish_add(struct postrider_builder *b,
					size_t before)
{
	if (!buf_full(&b->body) && b->body.n < POSTRIDER_BODY_BYTES_MAX) {
		b->count++;
		return POSTRIDER_OK;
	}
	b->body.n = before;
	b->body.full = false;
	return POSTRIDER_FULL;
}

static void add_string(struct buf *out, const char *key, const char *value)
{
	if (!value)
		return;
	buf_printf(out, ",\"%s\":", key);
	json_quote(out, slice_of(value));
}

static bool looks_like_object(const char *json, size_t n)
{
	return n >= 2 && json[0] == '{' && json[n - 1] == '}';
}

enum postrider_status postrider_builder_add(struct postrider_builder *b,
					    const struct postrider_event *e)
{
	struct buf *out = &b->body;
	size_t before = out->n;
	const char *data = e->data_fields_json;

	if (data && !looks_like_object(data, strlen(data)))
		return POSTRIDER_INVALID;
	if (b->count == POSTRIDER_BATCH_MESSAGES_MAX)
		return POSTRIDER_FULL;
	buf_append_char(out, b->count ? ',' : '[');
	buf_append_str(out, "{\"op\":\"event\"");
	add_string(out, "project", e->project);
	add_string(out, "eventName", e->event_name);
	add_string(out, "email", e->email);
	add_string(out, "userId", e->user_id);
	add_string(out, "id", e->id);
	add_string(out, "orderingKey", e->ordering_key);
	add_string(out, "createdAt", e->created_at);
	if (e->expires_in_ms)
		buf_printf(out, ",\"expiresInMs\":%llu",
			   (unsigned long long)e->expires_in_ms);
	if (data) {
		buf_append_str(out, ",\"dataFields\":");
		buf_append_str(out, data);
	}
	buf_append_char(out, '}');
	return finish_add(b, before);
}

enum postrider_status postrider_builder_add_json(struct postrider_builder *b,
						 const char *json, size_t bytes)
{
	size_t before = b->body.n;

	if (!looks_like_object(json, bytes))
		return POSTRIDER_INVALID;
	if (b->count == POSTRIDER_BATCH_MESSAGES_MAX)
		return POSTRIDER_FULL;
	buf_append_char(&b->body, b->count ? ',' : '[');
	buf_append(&b->body, json, bytes);
	return finish_add(b, before);
}

size_t postrider_builder_count(const struct postrider_builder *b)
{
	return b->count;
}

const char *postrider_builder_body(struct postrider_builder *b, size_t *bytes)
{
	if (!b->count) {
		*bytes = 0;
		return "";
	}
	/* The bracket stands behind the messages and does not count as one of
	 * them, so that more can be added after a look. */
	buf_append_char(&b->body, ']');
	*bytes = b->body.n;
	b->body.n--;
	return b->body.p;
}
