/*
 * service - what every program of the system does the same way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * service_main owns arguments, settings, the log, the loop, signals, the admin
 * port (/healthz, /livez, /metrics), what the supervisor is told, the drain
 * deadline and the exit code. A program brings a table of settings, a state
 * struct and three functions.
 */
#ifndef IO_SERVICE_H
#define IO_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/conf.h"
#include "io/curve.h"
#include "io/metrics.h"
#include "io/redis_access.h"

#define POSTRIDER_VERSION_TEXT POSTRIDER_VERSION /* set by CMake */

/* Settings that every program knows (all without a program's prefix). */
struct common_conf {
	struct redis_access redis;
	char *instance;	  /* unique name of this process; default host-pid */
	char *log_level;  /* error warn info debug */
	char *master_key; /* secret: 64 hex digits; NULL if unset */
	char *admin_key;  /* secret; NULL if unset */
	char
	    *allow_nets; /* comma-separated CIDRs that the guard lets through */
	char *egress_source; /* addresses that requests are sent from */
	char *egress_proxy;  /* secret; NULL: none */
	char *curve_key;     /* secret: a certificate with it, or 40 characters;
				NULL: no CURVE */
	char *curve_services; /* directory of the services' certificates; "" */
	int64_t partitions;
	int64_t min_replicas; /* that must have what is acknowledged */
	int64_t drain_ms;
	bool dev;	   /* http:// and private networks are allowed */
	bool plaintext_ok; /* ZeroMQ may be read on the network */
};

struct service_run; /* the running program; opaque */

struct service {
	const char *name; /* "sender": the log's service=, postrider-<name> */
	const char *what; /* one line for --help */
	const struct conf_item *conf; /* this program's own rows */
	void *state; /* bound to conf; handed to the functions */
	/* The setting (the row's name, and its member in state) of the
	 * directory of those who may connect to the sockets of CONF_BIND rows;
	 * NULL: the services' one. */
	const char *clients_name;
	char *const *clients;
	/* Opens sockets, registers handlers. A fault: false after error is
	 * filled; the program then exits at once, without stop. */
	bool (*start)(struct service_run *run, void *state, char *error,
		      size_t error_size);
	/* SIGTERM or SIGINT: take no more work; call service_drained() once all
	 * in hand is done. At drain_ms the program stops anyway. NULL: at once.
	 */
	void (*drain)(struct service_run *run, void *state);
	/* Closes every handle and frees everything, in reverse order. */
	void (*stop)(struct service_run *run, void *state);
};

/* Returns the exit code. 0 done, 2 usage or settings, 1 anything else. */
int service_main(const struct service *service, int argc, char **argv);

/* Inside start, drain and stop and whatever they registered: */
uv_loop_t *service_loop(struct service_run *run);
const struct common_conf *service_common(struct service_run *run);
struct metrics *service_metrics(struct service_run *run);
/* NULL: no CURVE; everything is in plain text. */
struct curve *service_curve(struct service_run *run);
/* Who may connect to sockets for services; NULL: anybody, in plain text. */
const struct keyring *service_peers(struct service_run *run);
/* What its sockets for services have; NULL: no CURVE. */
const char *service_public_key(struct service_run *run);
/* A ring of the program's own; the directory is the value of the setting with
 * this name. Ends the program when it cannot be read. NULL: it is not set. */
const struct keyring *service_ring(struct service_run *run, const char *name,
				   const struct keyring_options *options);
/* "host:port" of the admin port comes from the program's own setting; call this
 * in start. Port 0 takes a free one (logged as event=listening). NULL or ""
 * off. */
bool service_admin_listen(struct service_run *run, const char *bind,
			  char *error, size_t error_size);
/* /healthz answers 200 only while this is true. Starts false. reason: static.
 */
void service_set_healthy(struct service_run *run, bool healthy,
			 const char *reason);
bool service_is_draining(struct service_run *run);
void service_drained(struct service_run *run);
/* Ends the loop with this exit code, through stop. */
void service_fail(struct service_run *run, int exit_code);

#endif
