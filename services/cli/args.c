/*
 * args - the flags and operands of one command.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum args_result wrong(const struct args *a, const char *what,
			      const char *name)
{
	fprintf(stderr, "postrider: %s%s\nusage: postrider %s\n", what, name,
		a->usage);
	return ARGS_WRONG;
}

static void help_flags(const struct flag *flags)
{
	for (; flags->kind != FLAG_END; flags++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%s%s%s",
			 flags->name[1] ? "--" : "-", flags->name,
			 flags->value ? " " : "",
			 flags->value ? flags->value : "");
		printf("  %-28s %s\n", left, flags->help);
	}
}

static enum args_result help(const struct args *a, const struct flag *common)
{
	printf("usage: postrider %s\n\n%s\n", a->usage, a->about);
	if (a->flags && a->flags->kind != FLAG_END) {
		printf("\n");
		help_flags(a->flags);
	}
	printf("\n");
	help_flags(common);
	return ARGS_HELP;
}

bool args_parse_int(const char *text, int64_t *value)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	/* strtoll() would let spaces and a plus sign pass. */
	if (errno || end == text || *end || !strchr("-0123456789", *text))
		return false;
	*value = v;
	return true;
}

static bool parse_bool(const char *text, bool *value)
{
	*value = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return *value || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

/* NULL when the value is taken, else what is wrong with it. */
static const char *store(const struct flag *f, const char *value)
{
	struct args_list *list = f->target;
	int64_t number;

	switch (f->kind) {
	case FLAG_STR:
		*(const char **)f->target = value;
		return NULL;
	case FLAG_INT:
		if (!args_parse_int(value, &number) || number < f->min ||
		    number > f->max)
			return "not a number within bounds: --";
		*(int64_t *)f->target = number;
		return NULL;
	case FLAG_BOOL:
		return parse_bool(value, f->target) ? NULL
						    : "not true or false: --";
	case FLAG_LIST:
		if (list->n == ARGS_LIST_MAX)
			return "given too often: --";
		list->items[list->n++] = value;
		return NULL;
	case FLAG_END:
		break;
	}
	return "unknown flag: --";
}

static const struct flag *find(const struct flag *flags, const char *name)
{
	for (; flags && flags->kind != FLAG_END; flags++)
		if (strcmp(flags->name, name) == 0)
			return flags;
	return NULL;
}

struct cursor {
	int i, argc;
	char **argv;
};

/* One flag, argv[c->i]; moves past its value. */
static enum args_result parse_flag(struct args *a, const struct flag *common,
				   struct cursor *c)
{
	char name[64];
	const char *text = c->argv[c->i] + (c->argv[c->i][1] == '-' ? 2 : 1);
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : strlen(text);
	const char *value = equals ? equals + 1 : NULL;
	const char *next = c->i + 1 < c->argc ? c->argv[c->i + 1] : NULL;
	const struct flag *f;
	const char *fault;
	bool used_value = false;

	if (n >= sizeof(name))
		return wrong(a, "unknown flag: --", text);
	memcpy(name, text, n);
	name[n] = '\0';
	f = find(a->flags, name);
	if (!f)
		f = find(common, name);
	if (!f) {
		if (!a->other ||
		    !a->other(a->arg, name, value ? value : next, &used_value))
			return wrong(a, "unknown flag: --", name);
		c->i += used_value && !value;
		return ARGS_OK;
	}
	if (!value && f->kind == FLAG_BOOL)
		value = "true";
	else if (!value && next)
		value = c->argv[++c->i];
	if (!value)
		return wrong(a, "a value is missing: --", name);
	fault = store(f, value);
	return fault ? wrong(a, fault, name) : ARGS_OK;
}

/* "--name", or "-f" where the command has such a flag. */
static bool is_flag(const struct args *a, const char *arg)
{
	return strncmp(arg, "--", 2) == 0 ||
	       (arg[0] == '-' && arg[1] && !arg[2] && find(a->flags, arg + 1));
}

enum args_result args_parse(struct args *a, const struct flag *common, int argc,
			    char **argv)
{
	struct cursor c = {.i = 1, .argc = argc, .argv = argv};
	bool only_operands = false;

	for (; c.i < argc; c.i++) {
		const char *arg = argv[c.i];

		if (!only_operands && strcmp(arg, "--") == 0) {
			only_operands = true;
		} else if (!only_operands && (strcmp(arg, "--help") == 0 ||
					      strcmp(arg, "-h") == 0)) {
			return help(a, common);
		} else if (!only_operands && is_flag(a, arg)) {
			if (parse_flag(a, common, &c) != ARGS_OK)
				return ARGS_WRONG;
		} else if (!only_operands && arg[0] == '-' && arg[1]) {
			return wrong(a, "unknown flag: ", arg);
		} else if (a->n_operands == a->operands_max) {
			return wrong(a, "one argument too many: ", arg);
		} else {
			a->operands[a->n_operands++] = arg;
		}
	}
	if (a->n_operands < a->operands_min)
		return wrong(a, "an argument is missing", "");
	return ARGS_OK;
}
