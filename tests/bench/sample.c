/*
 * sample - see sample.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sample.h"

#include <stdio.h>
#include <string.h>

static void pack_text(msgpack_packer *p, const char *text)
{
	size_t n = strlen(text);

	msgpack_pack_str(p, n);
	msgpack_pack_str_body(p, text, n);
}

static void pack_pair(msgpack_packer *p, const char *key, const char *value)
{
	pack_text(p, key);
	pack_text(p, value);
}

/* Fields as a mail platform has them; the text fills up to the size as JSON. */
static void pack_fields(msgpack_packer *p, uint64_t bytes)
{
	enum { OTHERS = 190 }; /* bytes of the other fields, as JSON */
	char text[65536];
	size_t n = bytes > OTHERS ? (size_t)bytes - OTHERS : 1;

	if (n > sizeof(text))
		n = sizeof(text);
	for (size_t i = 0; i < n; i++)
		text[i] = i % 9 == 8 ? ' ' : (char)('a' + i % 26);
	msgpack_pack_map(p, 6);
	pack_text(p, "campaignId");
	msgpack_pack_int64(p, 48213);
	pack_pair(p, "campaignName", "Spring collection, second wave");
	pack_pair(p, "messageId", "b0a1c2d3e4f5061728394a5b6c7d8e9f");
	pack_text(p, "transactional");
	msgpack_pack_false(p);
	pack_text(p, "labels");
	msgpack_pack_array(p, 2);
	pack_text(p, "spring");
	pack_text(p, "mail");
	pack_text(p, "text");
	msgpack_pack_str(p, n);
	msgpack_pack_str_body(p, text, n);
}

size_t sample_pack(msgpack_sbuffer *out, const char *project, const char *name,
		   uint64_t bytes)
{
	static const char zeros[] = "u-0000000000";
	msgpack_packer p;
	size_t at;

	msgpack_packer_init(&p, out, msgpack_sbuffer_write);
	msgpack_pack_map(&p, 5);
	pack_pair(&p, "project", project);
	pack_pair(&p, "eventName", name);
	pack_pair(&p, "email", "ada@example.com");
	pack_pair(&p, "userId", zeros);
	at = out->size - SAMPLE_DIGITS;
	pack_text(&p, "dataFields");
	pack_fields(&p, bytes);
	return at;
}

void sample_number(char *digits, uint64_t number)
{
	for (int i = SAMPLE_DIGITS; i-- > 0; number /= 10)
		digits[i] = (char)('0' + number % 10);
}
