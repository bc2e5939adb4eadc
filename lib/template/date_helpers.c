/*
 * date_helpers - the time it is, and other times, as people read them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/call.h"
#include "template/date.h"
#include "template/tables.h"

static const struct value *print(struct helper_call *call, int64_t ms,
				 const struct value *format,
				 const struct zone *zone)
{
	const char *error;
	struct buf out;

	call_begin(call, &out);
	if (date_print(&out, ms, value_text(format, call->arena), zone, &error))
		return call_end(call, &out);
	buf_fini(&out);
	return call_fail(call, error);
}

/* Of tz=; what the context lacks is UTC. */
static bool open_zone(struct helper_call *call, struct zone *zone)
{
	if (zone_open(zone, call->zones, call_option_text(call, "tz", "")))
		return true;
	call_fail(call, "unknown time zone");
	return false;
}

/* Prints what a date is after steps; nothing of what is missing. */
static const struct value *date(struct helper_call *call,
				const struct value *from, struct slice steps,
				const struct value *format)
{
	int64_t ms, now = (int64_t)call->wall_ms;
	const struct value *result = NULL;
	const char *error;
	struct zone zone;

	if (from->kind == VALUE_NULL ||
	    (from->kind == VALUE_STRING && from->text.n == 0))
		return call_give(call, SLICE_LIT(""));
	if (!date_parse(from, now, &ms))
		return call_fail(call, "the value is no date");
	if (!open_zone(call, &zone))
		return NULL;
	if (date_move(&ms, steps, &zone, &error))
		result = print(call, ms, format, &zone);
	else
		call_fail(call, error);
	zone_close(&zone);
	return result;
}

static const struct value *now(struct helper_call *call)
{
	const struct value moment = {.kind = VALUE_STRING,
				     .text = SLICE_LIT("now")};

	return date(call, &moment, SLICE_LIT(""),
		    call_either(call, "format", 0));
}

static const struct value *timestamp(struct helper_call *call)
{
	return value_new_number(call->arena, (double)call->wall_ms);
}

static const struct value *date_format(struct helper_call *call)
{
	return date(call, call_arg(call, 0), SLICE_LIT(""),
		    call_either(call, "format", 1));
}

static const struct value *date_math(struct helper_call *call)
{
	return date(call, call_arg(call, 0), call_text(call, 1),
		    call_either(call, "format", 2));
}

/* The third argument of dateFormat is a locale: all speak English here. */
const struct helper date_helpers[] = {
    {"dateFormat", date_format, 1, 3, HELPER_INLINE},
    {"dateMath", date_math, 1, 4, HELPER_INLINE},
    {"now", now, 0, 2, HELPER_INLINE},
    {"timestamp", timestamp, 0, 0, HELPER_INLINE},
    {0},
};
