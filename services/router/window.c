/*
 * window - how many requests of a lane may be under way.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "window.h"

/* How fast the two means follow: the one by this part of the difference, the
 * other in such a time. */
#define RECENT_PART 16
#define USUAL_US 60e6
/* So much slower than usual is a queue. */
#define TOLERANCE 2
/* So little more says nothing: a busy machine, somebody else's scheduler. */
#define NOISE_US 20000
#define SILENCE_US 3000000
#define SILENCE_TRIPS 4
/* Fewer of a round are accidents. */
#define OVERLOADS_PART 8

uint32_t window_size(const struct window *w, uint32_t ceiling)
{
	return w->size && w->size < ceiling ? w->size : ceiling;
}

/* A new round begins. */
static void set_size(struct window *w, uint32_t ceiling, uint64_t size,
		     uint64_t now)
{
	if (size < 1)
		size = 1;
	w->size = size >= ceiling ? 0 : (uint32_t)size;
	w->results = w->overloads = w->in_flight_max = 0;
	w->changed_us = now;
}

static void learn(struct window *w, double latency, uint64_t since)
{
	double part = (double)since / USUAL_US;

	if (w->recent_us <= 0) {
		w->recent_us = w->usual_us = latency;
		return;
	}
	w->recent_us += (latency - w->recent_us) / RECENT_PART;
	/* Down it goes fast: what was fast once can be so again. */
	if (w->recent_us < w->usual_us)
		w->usual_us += (w->recent_us - w->usual_us) / RECENT_PART;
	else
		w->usual_us +=
		    (w->recent_us - w->usual_us) * (part < 1 ? part : 1);
}

static bool is_queueing(const struct window *w)
{
	return w->recent_us > TOLERANCE * w->usual_us + NOISE_US;
}

static void shrink(struct window *w, uint32_t ceiling, uint64_t now)
{
	w->doubling = false;
	set_size(w, ceiling, window_size(w, ceiling) / 2, now);
}

/* As many as would not queue, but not less than half at a time. */
static void fit(struct window *w, uint32_t ceiling, uint64_t now)
{
	uint64_t size = window_size(w, ceiling);
	uint64_t fits =
	    (uint64_t)((double)size * TOLERANCE * w->usual_us / w->recent_us);

	w->doubling = false;
	set_size(w, ceiling, fits > size / 2 ? fits : size / 2, now);
}

static void grow(struct window *w, uint32_t ceiling, uint64_t now)
{
	uint64_t size = window_size(w, ceiling);

	/* A round that did not need it all says nothing of more. */
	if (w->size && w->in_flight_max >= size)
		size = w->doubling ? 2 * size : size + 1;
	set_size(w, ceiling, size, now);
	w->doubling = w->doubling && w->size;
}

void window_result(struct window *w, uint32_t ceiling, bool overload,
		   uint64_t latency, uint32_t in_flight, uint64_t now)
{
	uint64_t since = w->heard_us ? now - w->heard_us : 0;

	w->heard_us = now;
	w->results++;
	w->overloads += overload;
	if (in_flight > w->in_flight_max)
		w->in_flight_max = in_flight;
	if (!overload)
		learn(w, (double)latency, since);
	if (w->results < window_size(w, ceiling) ||
	    (double)(now - w->changed_us) < w->recent_us)
		return;
	if (w->overloads * OVERLOADS_PART >= w->results)
		shrink(w, ceiling, now);
	else if (is_queueing(w))
		fit(w, ceiling, now);
	else
		grow(w, ceiling, now);
}

void window_silence(struct window *w, uint32_t ceiling, uint32_t in_flight,
		    uint64_t now)
{
	uint64_t patience = (uint64_t)(SILENCE_TRIPS * w->usual_us);

	if (patience < SILENCE_US)
		patience = SILENCE_US;
	/* Where there is room left it is not silence that holds anything up. */
	if (w->heard_us == 0 || in_flight < window_size(w, ceiling)) {
		w->heard_us = now;
	} else if (now - w->heard_us > patience) {
		shrink(w, ceiling, now);
		w->heard_us = now;
	}
}

void window_restart(struct window *w, uint64_t now)
{
	*w = (struct window){
	    .size = 1, .doubling = true, .changed_us = now, .heard_us = now};
}
