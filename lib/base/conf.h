/*
 * conf - settings: one row each, from which parsing, checking, --help,
 * --show-config and the table in docs/operations.md all come.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row named "redis_url" is the flag --redis-url and the variable
 * POSTRIDER_REDIS_URL; flags win. A secret is also read from
 * POSTRIDER_<NAME>_FILE (or --<name>-file), whose trailing newline is dropped;
 * the variable itself wins over the file, and an empty secret counts as none.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_kind {
	CONF_KIND_END,
	CONF_KIND_INT,
	CONF_KIND_STR,
	CONF_KIND_BOOL,
	CONF_KIND_SECRET,
	CONF_KIND_BIND /* a string: ZeroMQ endpoints to listen on */
};

struct conf_item {
	enum conf_kind kind;
	const char *name; /* lower case with underscores */
	size_t offset;	  /* into the settings struct: int64_t, char *, bool */
	int64_t min, max; /* bounds of an int, or of a string's bytes */
	/* The default as text; NULL: none, the string stays NULL. */
	const char *fallback;
	const char *help;
};

/* The member is int64_t / char * (owned by conf, freed by conf_fini) / bool. */
#define CONF_INT(type, member, name, def, min, max, help)                    \
	{                                                                    \
		CONF_KIND_INT, name, offsetof(type, member), min, max, #def, \
		    help                                                     \
	}
#define CONF_STR(type, member, name, def, max, help)                           \
	{                                                                      \
		CONF_KIND_STR, name, offsetof(type, member), 0, max, def, help \
	}
#define CONF_BOOL(type, member, name, def, help)                               \
	{                                                                      \
		CONF_KIND_BOOL, name, offsetof(type, member), 0, 1, #def, help \
	}
#define CONF_SECRET(type, member, name, max, help)                            \
	{                                                                     \
		CONF_KIND_SECRET, name, offsetof(type, member), 0, max, NULL, \
		    help                                                      \
	}
#define CONF_BIND(type, member, name, def, max, help)                      \
	{                                                                  \
		CONF_KIND_BIND, name, offsetof(type, member), 0, max, def, \
		    help                                                   \
	}
#define CONF_END_ROW                                     \
	{                                                \
		CONF_KIND_END, NULL, 0, 0, 0, NULL, NULL \
	}

/* One table bound to one struct; a program has two: the common and its own. */
struct conf_binding {
	const struct conf_item *items;
	void *target;
};

#define CONF_BINDINGS_MAX 3

struct conf {
	struct conf_binding bindings[CONF_BINDINGS_MAX];
	size_t n;
	/* Variables that begin with one of these belong to another program and
	 * are left alone: "SENDER_", "ROUTER_", … NULL-terminated. */
	const char *const *foreign_prefixes;
};

/*
 * Fills the targets: defaults, then the environment, then the flags in
 * argv[1..]. Flags are "--name value" or "--name=value"; a bool may stand
 * alone. On a fault writes one line that names the variable or flag (never a
 * secret's value) to error, frees what it had taken and returns false. --help,
 * -h, --version, --check-config and --show-config are left to the program.
 */
bool conf_load(const struct conf *conf, int argc, char **argv,
	       char *const *envp, char *error, size_t error_size);
/* NAME=value lines, secrets as ***. */
void conf_show(const struct conf *conf, FILE *out);
void conf_help(const struct conf *conf, FILE *out);
/* Wipes secrets and frees strings. */
void conf_fini(const struct conf *conf);

#endif
