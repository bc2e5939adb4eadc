/*
 * args - the flags and operands of one command.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Flags are "--name value" or "--name=value", in any place; "--" ends them. One
 * whose name is a letter is "-f value". The
 * targets keep pointers into argv.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flag_kind { FLAG_END, FLAG_STR, FLAG_INT, FLAG_BOOL, FLAG_LIST };

#define ARGS_LIST_MAX 64

struct args_list {
	const char *items[ARGS_LIST_MAX];
	size_t n;
};

struct flag {
	enum flag_kind kind;
	const char *name;  /* "event-name" */
	const char *value; /* what stands for the value in --help: "NAME" */
	void *target;	   /* const char *, int64_t, bool, struct args_list */
	int64_t min, max;  /* of an int */
	const char *help;
};

#define FLAGS_STR(name, value, target, help)              \
	{                                                 \
		FLAG_STR, name, value, target, 0, 0, help \
	}
#define FLAGS_INT(name, value, target, min, max, help)        \
	{                                                     \
		FLAG_INT, name, value, target, min, max, help \
	}
#define FLAGS_BOOL(name, target, help)                    \
	{                                                 \
		FLAG_BOOL, name, NULL, target, 0, 0, help \
	}
#define FLAGS_LIST(name, value, target, help)              \
	{                                                  \
		FLAG_LIST, name, value, target, 0, 0, help \
	}
#define FLAGS_END                                      \
	{                                              \
		FLAG_END, NULL, NULL, NULL, 0, 0, NULL \
	}

#define ARGS_OPERANDS_MAX 8

struct args {
	const char *usage; /* "publish [FILE] [flags]" */
	const char *about; /* some lines for --help */
	const struct flag *flags;
	size_t operands_min, operands_max;
	/* Filled in: */
	const char *operands[ARGS_OPERANDS_MAX];
	size_t n_operands;
	/* A flag that no table knows. True: taken, with its value or without
	 * one
	 * (*used_value). NULL: all unknown flags are wrong. */
	bool (*other)(void *arg, const char *name, const char *value,
		      bool *used_value);
	void *arg;
};

enum args_result { ARGS_OK, ARGS_HELP, ARGS_WRONG };

/* common: flags that every command has. HELP: the help was printed to standard
 * output. WRONG: a line that names the fault was printed to standard error. */
enum args_result args_parse(struct args *args, const struct flag *common,
			    int argc, char **argv);
/* A whole number with its sign; false on anything else. */
bool args_parse_int(const char *text, int64_t *value);

#endif
