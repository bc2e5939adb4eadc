/*
 * console - the REST API, and the test inbox.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns the connections and the mirror of the configuration; each group of
 * routes is a file of its own.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "call.h"
#include "io/http_server.h"
#include "io/metrics.h"
#include "io/pipe.h"
#include "io/redis.h"
#include "io/service.h"
#include "net/target.h"
#include "store/config.h"
#include "store/registry.h"
#include "store/seal.h"

#define BODY_MAX (1024 * 1024)

/* The scripts, by their number. */
enum console_script {
	SCRIPT_CONFIG_PUT,
	SCRIPT_CONFIG_DROP,
	SCRIPT_LIST_LANE,
	SCRIPT_LIST_CHAIN,
	SCRIPT_LIST_LOG,
	SCRIPT_DELIVERY,
	SCRIPT_RETRY,
	SCRIPT_REPLAY,
	SCRIPT_REPLAY_KEPT,
	SCRIPT_CANCEL,
	SCRIPT_PURGE,
	SCRIPT_PURGE_NOTE,
	SCRIPT_INBOX,
	SCRIPT_STATS,
	SCRIPT_SIZES,
	SCRIPT_LIST_NAMES,
	N_SCRIPTS
};

struct catalogue;
struct tail;	     /* the live feed; see tail.c */
struct purge;	     /* see purge.h */
struct trials;	     /* see trial.h */
struct delays;	     /* see delays.h */
struct token_trials; /* see token_trial.h */

struct console {
	/* settings */
	char *http_bind, *admin_bind, *sender_bind, *egress_addresses;
	int64_t connections_max;
	/* running */
	struct service_run *run;
	const struct common_conf *common;
	uint8_t master_key[SEAL_KEY_BYTES];
	struct target_rules rules; /* for URLs */
	struct redis_script scripts[N_SCRIPTS];
	struct redis *redis;
	struct config *config;
	struct registry *registry;
	struct catalogue *catalogue;
	struct http_server *http;
	struct tail *tail;
	struct purge *purge;
	struct trials *trials;
	struct token_trials *token_trials;
	struct delays *delays;
	uv_timer_t *timer; /* freed by its close callback */
	size_t calls;	   /* under way */
	bool stopping;
	struct list waiting; /* calls that wait for the mirror */
	struct list resumed; /* of those, the ones whose turn it is */
	uint64_t *requests;  /* counters of the metrics */
	uint64_t *unauthorized;
};

extern const struct conf_item console_conf[];

bool console_start(struct service_run *run, void *state, char *error,
		   size_t error_size);
void console_drain(struct service_run *run, void *state);
void console_stop(struct service_run *run, void *state);

/* A call begins, or has been answered. */
void console_count(struct console *c, int more);
/* For call_wait_version. */
void console_wait(struct console *c, struct call *call);

uint64_t console_partition(const struct console *c, struct slice project);

/* As route_find(), among all there are: the groups that follow. */
MUST_CHECK enum err console_route(const char *method, const char *path,
				  struct route_match *match);

void project_create(struct call *call);
void project_list(struct call *call);
void project_get(struct call *call);
void project_change(struct call *call);
void project_delete(struct call *call);

void project_export(struct call *call);
void project_apply(struct call *call);

void webhook_create(struct call *call);
void webhook_list(struct call *call);
void webhook_get(struct call *call);
void webhook_change(struct call *call);
void webhook_delete(struct call *call);
void webhook_rotate(struct call *call);
void webhook_test(struct call *call);
void webhook_preview(struct call *call);
void draft_preview(struct call *call);

void credential_create(struct call *call);
void credential_list(struct call *call);
void credential_get(struct call *call);
void credential_change(struct call *call);
void credential_delete(struct call *call);
void credential_test(struct call *call);

void key_create(struct call *call);
void key_list(struct call *call);
void key_delete(struct call *call);

void delivery_list(struct call *call);
void delivery_get(struct call *call);
void delivery_retry(struct call *call);
void delivery_cancel(struct call *call);
void webhook_replay(struct call *call);
void webhook_cancel(struct call *call);
void webhook_stats(struct call *call);

void event_list(struct call *call);
void event_get(struct call *call);

void profile_get(struct call *call);
void profile_delete(struct call *call);
void path_get(struct call *call);
void path_delete(struct call *call);
void journey_call_get(struct call *call);

void event_type_list(struct call *call);
void event_type_get(struct call *call);
void own_type_list(struct call *call);

void status_get(struct call *call);
void egress_get(struct call *call);
void openapi_get(struct call *call);

void inbox_receive(struct call *call);
void inbox_list(struct call *call);
void inbox_get(struct call *call);
void inbox_delete(struct call *call);

struct tail *tail_new(struct console *c);
void tail_free(struct tail **t);
/* The routers have changed: connect to new ones, leave old ones. */
void tail_refresh(struct tail *t);
/* The program ends: so do the streams. */
void tail_end_streams(struct tail *t);
void tail_start(struct call *call);

#endif
