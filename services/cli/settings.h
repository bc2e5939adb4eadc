/*
 * settings - what the environment says to the command line.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The settings of the services are known here only so that they are no fault:
 * `postrider up` hands the environment on to them.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct settings {
	char *cli_console_url, *cli_publish_endpoint, *cli_project;
	char *cli_server_key, *cli_curve_key;
	char *up_data, *up_appendfsync;
	int64_t up_senders;
	/* Common ones; NULL when unset. */
	char *redis_url, *redis_password, *instance, *log_level;
	char *redis_sentinel_password, *redis_tls_ca, *redis_tls_cert;
	char *redis_tls_key, *min_replicas;
	char *master_key, *admin_key, *allow_nets, *egress_source,
	    *egress_proxy, *partitions, *drain_ms, *dev, *curve_key,
	    *curve_services, *plaintext_ok;
	/* Flags; they win. NULL when not given. */
	const char *console_url, *publish_endpoint, *data;
	const char *admin_key_flag, *admin_key_file;
	char *key_of_file; /* owned */
};

/* False after one line in error. */
bool settings_load(struct settings *s, char *error, size_t error_size);
void settings_fini(struct settings *s);
void settings_show(struct settings *s, FILE *out);
void settings_help(struct settings *s, FILE *out);

const char *settings_console_url(const struct settings *s);
const char *settings_publish_endpoint(const struct settings *s);
/* The key to present: the flag, the variable, the data directory's admin.key.
 * NULL when there is none, with the reason in error when one was named and
 * cannot be read ("" else). */
const char *settings_key(struct settings *s, char *error, size_t error_size);

#endif
