/*
 * gauges - what the sender counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "gauges.h"

static uint64_t *attempts_counter(struct metrics *m, const char *labels)
{
	return metrics_counter(m, "sender_attempts_total", labels,
			       "Tasks answered, by what became of them.");
}

static void gauges_init_tokens(struct gauges *g, struct metrics *m)
{
	g->token_hits = metrics_counter(m, "sender_token_hits_total", NULL,
					"Requests with a token from memory.");
	g->token_asks =
	    metrics_counter(m, "sender_token_asks_total", NULL,
			    "Times that a tokens process was asked.");
	g->token_rejects =
	    metrics_counter(m, "sender_token_rejects_total", NULL,
			    "Answers 401 to a request with a token.");
	g->tokens = metrics_gauge(m, "sender_tokens_held", NULL,
				  "Access tokens in memory.");
	g->wanting = metrics_gauge(m, "sender_tasks_wanting_token", NULL,
				   "Tasks that wait for an access token.");
	g->token_wait = metrics_histogram(m, "sender_token_wait_seconds", NULL,
					  "Time of tasks without a token until "
					  "there is one, or they are refused.");
}

void gauges_init(struct gauges *g, struct metrics *m)
{
	*g = (struct gauges){0};
	g->tasks = metrics_counter(m, "sender_tasks_total", NULL,
				   "Tasks taken from routers.");
	g->malformed =
	    metrics_counter(m, "sender_malformed_total", NULL,
			    "Frames from routers that were dropped.");
	g->results_dropped =
	    metrics_counter(m, "sender_results_dropped_total", NULL,
			    "Results whose router was gone or full.");
	for (int i = 0; i < GAUGES_OUTCOMES; i++) {
		static const char *const labels[] = {
#define O(number, name, text) [number] = "outcome=\"" #name "\"",
		    OUTCOMES(O)
#undef O
		};

		g->outcomes[i] = attempts_counter(m, labels[i]);
	}
	g->running = metrics_gauge(m, "sender_attempts_running", NULL,
				   "Attempts in progress.");
	g->queued = metrics_gauge(m, "sender_tasks_queued", NULL,
				  "Tasks that have not been started.");
	g->connections = metrics_gauge(m, "sender_connections", NULL,
				       "Open connections to receivers.");
	g->routers = metrics_gauge(m, "sender_routers", NULL,
				   "Routers that are linked.");
	g->duration = metrics_histogram(m, "sender_attempt_seconds", NULL,
					"Duration of attempts.");
	g->wait = metrics_histogram(m, "sender_wait_seconds", NULL,
				    "Time of tasks in the sender before their "
				    "attempt starts.");
	gauges_init_tokens(g, m);
}

void gauges_result(struct gauges *g, const struct msg_result *r)
{
	if (r->outcome < GAUGES_OUTCOMES)
		++*g->outcomes[r->outcome];
	if (r->total_us > 0) {
		histogram_observe_us(g->duration, r->total_us);
		histogram_observe_us(g->wait, r->wait_us);
	}
}
