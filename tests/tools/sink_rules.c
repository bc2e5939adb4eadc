/*
 * sink_rules - how the receiver behaves towards which request.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sink_rules.h"

#include <stddef.h>
#include <stdio.h>

#define DRIP_MS 1000
#define VALUE_SIZE 1024

enum option_kind { OPTION_ACTION, OPTION_NUMBER, OPTION_OTHER };

struct option {
	const char *name;
	enum option_kind kind;
	enum action action;
	size_t offset; /* of the uint64_t */
	const char *help;
};

#define ACTION(name, action, help)                   \
	{                                            \
		name, OPTION_ACTION, action, 0, help \
	}
#define NUMBER(name, member, help)                           \
	{                                                    \
		name, OPTION_NUMBER, ACTION_ANSWER,          \
		    offsetof(struct behaviour, member), help \
	}
#define OTHER(name, help)                                  \
	{                                                  \
		name, OPTION_OTHER, ACTION_ANSWER, 0, help \
	}

static const struct option options[] = {
    OTHER("status", "N: answer with this status"),
    NUMBER("every", every, "K: only the K-th request of the path"),
    NUMBER("tries", tries, "N: only the first N receipts of a webhook-id"),
    NUMBER("delay-ms", delay_ms, "MS: before the answer"),
    NUMBER("close-after", close_after, "N: requests, then close"),
    ACTION("stall", ACTION_STALL, "never answer"),
    ACTION("reset", ACTION_RESET, "RST instead of an answer"),
    OTHER("close-at", "headers, body or mid-answer"),
    OTHER("slow-read", "read a few bytes a second"),
    ACTION("drip", ACTION_DRIP, "the answer byte by byte"),
    NUMBER("drip-ms", drip_ms, "MS: between two bytes of it"),
    OTHER("redirect", "302 to /redirected"),
    ACTION("endless-headers", ACTION_ENDLESS_HEADERS, "header lines"),
    ACTION("gzip-bomb", ACTION_GZIP_BOMB, "zeros, packed 158 to 1"),
    NUMBER("big-body", big_body_bytes, "BYTES: an answer of that size"),
    OTHER("retry-after", "S: the header, as seconds"),
    NUMBER("retry-after-date", retry_after_date_s, "S: as a date"),
    OTHER("header", "NAME:VALUE of the answer"),
    OTHER("delivery-header", "VALUE of webhook-delivery"),
    OTHER("body", "TEXT: the answer's body"),
    {NULL, OPTION_OTHER, ACTION_ANSWER, 0, NULL},
};

static const struct option *option_find(struct slice name)
{
	for (const struct option *o = options; o->name; o++)
		if (slice_eq_str(name, o->name))
			return o;
	return NULL;
}

void behaviour_init(struct behaviour *b)
{
	*b = (struct behaviour){.status = 204, .drip_ms = DRIP_MS};
}

bool behaviour_takes_value(struct slice name)
{
	const struct option *o = option_find(name);

	return o && o->kind != OPTION_ACTION &&
	       !slice_eq_str(name, "slow-read") &&
	       !slice_eq_str(name, "redirect");
}

static bool set_header(struct behaviour *b, const char *name, const char *value)
{
	size_t used = strlen(b->headers);
	int n = snprintf(b->headers + used, sizeof(b->headers) - used,
			 "%s: %s\r\n", name, value);

	if (n > 0 && (size_t)n < sizeof(b->headers) - used)
		return true;
	b->headers[used] = '\0';
	return false;
}

/* "Name:Value" */
static bool set_header_pair(struct behaviour *b, const char *pair)
{
	const char *colon = strchr(pair, ':');
	char name[128];

	if (!colon || !slice_cstr(name, sizeof(name),
				  slice_bytes(pair, (size_t)(colon - pair))))
		return false;
	return set_header(b, name, colon + 1);
}

static bool set_close_at(struct behaviour *b, const char *stage)
{
	static const struct {
		const char *stage;
		enum action action;
	} stages[] = {{"headers", ACTION_CLOSE_HEADERS},
		      {"body", ACTION_CLOSE_BODY},
		      {"mid-answer", ACTION_CLOSE_MID_ANSWER}};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (strcmp(stage, stages[i].stage) == 0) {
			b->action = stages[i].action;
			return true;
		}
	}
	return false;
}

static bool set_status(struct behaviour *b, const char *text)
{
	uint64_t n;

	if (!slice_parse_u64(slice_of(text), &n) || n < 100 || n > 999)
		return false;
	b->status = (unsigned)n;
	return true;
}

static bool set_other(struct behaviour *b, struct slice name, const char *value)
{
	if (slice_eq_str(name, "slow-read"))
		return b->slow_read = true;
	if (slice_eq_str(name, "redirect")) {
		b->status = 302;
		return set_header(b, "Location", "/redirected");
	}
	if (slice_eq_str(name, "status"))
		return set_status(b, value);
	if (slice_eq_str(name, "close-at"))
		return set_close_at(b, value);
	if (slice_eq_str(name, "retry-after"))
		return set_header(b, "Retry-After", value);
	if (slice_eq_str(name, "delivery-header"))
		return set_header(b, "webhook-delivery", value);
	if (slice_eq_str(name, "header"))
		return set_header_pair(b, value);
	return slice_cstr(b->body, sizeof(b->body), slice_of(value));
}

bool behaviour_set(struct behaviour *b, struct slice name, const char *value)
{
	const struct option *o = option_find(name);
	uint64_t n;

	if (!o || (!value && behaviour_takes_value(name)))
		return false;
	if (o->kind == OPTION_OTHER)
		return set_other(b, name, value);
	if (o->kind == OPTION_ACTION) {
		b->action = o->action;
		return true;
	}
	if (!slice_parse_u64(slice_of(value), &n))
		return false;
	memcpy((char *)b + o->offset, &n, sizeof(n));
	if (o->offset == offsetof(struct behaviour, big_body_bytes))
		b->action = ACTION_BIG_BODY;
	return true;
}

/* The next segment of *path, empty at the end. */
static struct slice next_segment(const char **path)
{
	struct slice s;

	while (**path == '/')
		(*path)++;
	s.p = *path;
	s.n = strcspn(*path, "/?");
	*path += s.n;
	return s;
}

static bool is_status(struct slice s)
{
	uint64_t n;

	return s.n == 3 && slice_parse_u64(s, &n) && n >= 100;
}

bool behaviour_from_path(struct behaviour *b, const char *path)
{
	char value[VALUE_SIZE];
	struct slice s;
	bool any = false;

	for (s = next_segment(&path); s.n; s = next_segment(&path)) {
		struct slice name = s;

		if (is_status(s))
			name = SLICE_LIT("status");
		else if (behaviour_takes_value(s))
			s = next_segment(&path);
		if (slice_cstr(value, sizeof(value), s) &&
		    behaviour_set(b, name, value))
			any = true;
	}
	return any;
}

void behaviour_help(struct buf *out)
{
	for (const struct option *o = options; o->name; o++)
		buf_printf(out, "  --%-18s %s\n", o->name, o->help);
}
