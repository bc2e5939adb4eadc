/*
 * gauges - what the tokens program counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "gauges.h"

static uint64_t *requests(struct metrics *m, const char *labels)
{
	return metrics_counter(m, "tokens_requests_total", labels,
			       "Requests to token servers, by what came of "
			       "them.");
}

void gauges_init(struct gauges *g, struct metrics *m)
{
	g->asks =
	    metrics_counter(m, "tokens_asks_total", NULL, "Asks for a token.");
	g->hits = metrics_counter(m, "tokens_hits_total", NULL,
				  "Asks that were answered from memory.");
	g->malformed = metrics_counter(m, "tokens_malformed_total", NULL,
				       "Frames that were not understood.");
	g->dropped =
	    metrics_counter(m, "tokens_asks_dropped_total", NULL,
			    "Asks that nobody waited for any more, or for "
			    "which there was no room.");
	g->limited = metrics_counter(m, "tokens_limited_total", NULL,
				     "Tokens refused by receivers that were "
				     "not fetched anew: too many were.");
	g->fetched = requests(m, "result=\"token\"");
	g->failed = requests(m, "result=\"failed\"");
	g->lost = requests(m, "result=\"lost\"");
	g->held = metrics_gauge(m, "tokens_grants", NULL,
				"Credentials of which something is known.");
	g->waiting =
	    metrics_gauge(m, "tokens_asks_waiting", NULL, "Asks that wait.");
	g->running = metrics_gauge(m, "tokens_requests_running", NULL,
				   "Requests to token servers under way.");
	g->fetch = metrics_histogram(m, "tokens_request_seconds", NULL,
				     "Duration of requests to token servers.");
	g->wait = metrics_histogram(m, "tokens_wait_seconds", NULL,
				    "Time from an ask to its answer, of those "
				    "that waited.");
}
