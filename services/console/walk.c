/*
 * walk - where the list of deliveries is, and what it is asked for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "chain.h"
#include "console.h"
#include "find.h"
#include "write.h"

const char *place_status(enum place place)
{
	static const char *const names[N_PLACES] = {
	    "sending", "waiting", "queued",    "queued",
	    "queued",  "dead",	  "delivered",
	};

	return names[place];
}

void walk_restart(struct walk *s)
{
	s->position[0] = 0;
	s->skip = 0;
}

bool place_has_lanes(enum place place)
{
	return place == PLACE_BACKLOG || place == PLACE_CHAIN ||
	       place == PLACE_DEAD;
}

void walk_fini(struct walk *s)
{
	free(s->lanes);
	json_decref(s->data);
}

void walk_cursor(const struct walk *s, char out[CURSOR_SIZE])
{
	char lane[ID_TEXT_SIZE] = "-";

	out[0] = 0;
	if (s->place == N_PLACES)
		return;
	if (place_has_lanes(s->place))
		ulid_format(lane, "wh", &s->lanes[s->lane]);
	snprintf(out, CURSOR_SIZE, "%u:%s:%s:%llu", (unsigned)s->place, lane,
		 s->position, (unsigned long long)s->skip);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ulid));
}

static void all_lanes(struct call *call)
{
	struct walk *s = call->state;

	s->lanes = project_ids(call, CONFIG_WEBHOOK, &s->n_lanes);
	qsort(s->lanes, s->n_lanes, sizeof(s->lanes[0]), by_id);
}

static bool set_lanes(struct call *call)
{
	struct walk *s = call->state;
	const char *text = http_query(call->req, "webhook");

	if (!text) {
		all_lanes(call);
		return true;
	}
	s->lanes = xcalloc(1, sizeof(s->lanes[0]));
	s->n_lanes = 1;
	s->one_lane = true;
	if (ulid_parse(slice_of(text), "wh", &s->lanes[0]) == ERR_OK)
		return true;
	call_problem(call, 400, "invalid", "webhook",
		     "the id of a webhook is wanted");
	return false;
}

static bool set_status(struct call *call)
{
	struct walk *s = call->state;
	const char *text = http_query(call->req, "status");

	if (!text)
		return true;
	for (size_t i = 0; i < N_PLACES && !s->status; i++)
		if (!strcmp(text, place_status((enum place)i)))
			s->status = place_status((enum place)i);
	if (s->status)
		return true;
	call_problem(call, 400, "invalid", "status",
		     "queued, sending, waiting, delivered or dead");
	return false;
}

/* The first lane that is not before this one; it may have been removed. */
static void find_lane(struct walk *s, const struct ulid *id)
{
	while (s->lane < s->n_lanes && by_id(&s->lanes[s->lane], id) < 0)
		s->lane++;
	if (s->lane < s->n_lanes && ulid_eq(&s->lanes[s->lane], id))
		return;
	walk_restart(s);
	if (s->lane == s->n_lanes) {
		s->lane = 0;
		s->place++;
	}
}

/* A score or an entry's id; nothing: the beginning. */
static bool is_position(enum place place, struct slice position)
{
	uint64_t score;

	if (position.n == 0)
		return true;
	if (place == PLACE_CHAIN)
		return is_chain_member(position);
	return place == PLACE_LOG || place == PLACE_ATTEMPTS
		   ? is_entry_id(position)
		   : slice_parse_u64(position, &score);
}

static bool parse_cursor(struct walk *s, struct slice text)
{
	struct slice place, lane, position;
	struct ulid id;
	uint64_t n;

	if (!slice_cut(&text, ':', &place) || !slice_cut(&text, ':', &lane) ||
	    !slice_cut(&text, ':', &position) || !slice_parse_u64(place, &n) ||
	    n >= N_PLACES || !slice_parse_u64(text, &s->skip) ||
	    s->skip > SKIP_ALL ||
	    !slice_cstr(s->position, sizeof(s->position), position) ||
	    !is_position((enum place)n, position))
		return false;
	s->place = (enum place)n;
	if (!place_has_lanes(s->place))
		return slice_eq_str(lane, "-");
	if (ulid_parse(lane, "wh", &id) != ERR_OK)
		return false;
	find_lane(s, &id);
	return true;
}

static bool set_cursor(struct call *call)
{
	const char *text = http_query(call->req, "cursor");

	if (!text || parse_cursor(call->state, slice_of(text)))
		return true;
	call_problem(call, 400, "invalid", "cursor",
		     "it is not one of this list");
	return false;
}

static bool set_event_name(struct call *call)
{
	struct walk *s = call->state;
	const char *text = http_query(call->req, "eventName");

	if (!text ||
	    slice_cstr(s->event_name, sizeof(s->event_name), slice_of(text)))
		return true;
	call_problem(call, 400, "invalid", "eventName", "it is too long");
	return false;
}

bool walk_read(struct call *call, struct walk *s)
{
	static const char *const allowed[] = {"webhook", "status", "eventName",
					      "since",	 "until",  "limit",
					      "cursor",	 NULL};

	s->data = json_array();
	s->until_ms = UINT64_MAX;
	return call_check_query(call, allowed) && call_limit(call, &s->limit) &&
	       call_time(call, "since", &s->since_ms) &&
	       call_time(call, "until", &s->until_ms) && set_lanes(call) &&
	       set_status(call) && set_event_name(call) && set_cursor(call);
}
