/*
 * gauges - what the router counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "gauges.h"

void gauges_init(struct gauges *g, struct metrics *m)
{
	g->hints = metrics_counter(m, "router_hints_total", NULL,
				   "log entries that ingest told of");
	g->hints_dropped = metrics_counter(
	    m, "router_hints_dropped_total", NULL,
	    "hints without room; their entries are read from the log");
	g->log_reads = metrics_counter(m, "router_log_reads_total", NULL,
				       "reads of the log in Redis");
	g->events =
	    metrics_counter(m, "router_events_total", NULL, "events taken in");
	g->read = metrics_counter(m, "router_events_read_total", NULL,
				  "events whose body was read for filters");
	g->expired = metrics_counter(m, "router_expired_total", NULL,
				     "deliveries that expired");
	g->delivered =
	    metrics_counter(m, "router_attempts_total", "verdict=\"delivered\"",
			    "results, by what follows");
	g->retried =
	    metrics_counter(m, "router_attempts_total", "verdict=\"retry\"",
			    "results, by what follows");
	g->dead =
	    metrics_counter(m, "router_attempts_total", "verdict=\"dead\"",
			    "results, by what follows");
	g->requeued =
	    metrics_counter(m, "router_attempts_total", "verdict=\"requeue\"",
			    "results, by what follows");
	g->spilled = metrics_counter(m, "router_spilled_total", NULL,
				     "deliveries moved to a backlog in Redis");
	g->put_off = metrics_counter(
	    m, "router_put_off_total", NULL,
	    "deliveries put off without an attempt: the circuit was open");
	g->unauthorized = metrics_counter(
	    m, "router_unauthorized_total", NULL,
	    "tasks that came back because there was no access token");
	g->tasks = metrics_counter(m, "router_tasks_total", NULL,
				   "tasks handed to senders");
	g->malformed = metrics_counter(m, "router_malformed_total", NULL,
				       "messages and records not understood");
	g->fenced =
	    metrics_counter(m, "router_fenced_total", NULL,
			    "writes refused because the lease had moved");
	g->senders_lost = metrics_counter(m, "router_senders_lost_total", NULL,
					  "senders lost with or without tasks");
	g->partitions = metrics_gauge(m, "router_partitions", NULL,
				      "partitions held, by leases that last");
	g->in_memory =
	    metrics_gauge(m, "router_deliveries", NULL, "deliveries in memory");
	g->in_flight =
	    metrics_gauge(m, "router_in_flight", NULL, "tasks with senders");
	g->head_bytes = metrics_gauge(m, "router_head_bytes", NULL,
				      "bytes of events in memory");
	g->held = metrics_gauge(m, "router_lanes_held", NULL,
				"webhooks that wait for an access token");
	g->senders =
	    metrics_gauge(m, "router_senders", NULL, "senders connected");
	g->flush = metrics_histogram(m, "router_flush_seconds", NULL,
				     "time Redis took for a flush");
	g->latency = metrics_histogram(m, "router_delivery_seconds", NULL,
				       "duration of attempts that delivered");
}
