/*
 * conf - settings from defaults, the environment and flags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Finds the row that a variable or a flag names; conf_value takes the text in.
 */
#include "base/conf.h"

#include <string.h>

#include "base/conf_value.h"
#include "base/mem.h"

#define PREFIX "POSTRIDER_"

/* A name from outside may hold anything; the fault stays one line. */
static void set_label(struct conf_origin *from, struct slice name)
{
	slice_cstr(from->label, sizeof(from->label), name);
	for (char *p = from->label; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
}

static char fold(char c, char underscore)
{
	if (c == '_')
		return underscore;
	return c >= 'a' && c <= 'z' && underscore == '_' ? (char)(c - 32) : c;
}

/* Compares as a variable spells the name ('_') or as a flag does ('-'). */
static bool is_spelled(struct slice s, const char *name, char underscore)
{
	if (s.n != strlen(name))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != fold(name[i], underscore))
			return false;
	}
	return true;
}

static struct conf_target find(const struct conf *conf, struct slice s,
			       char underscore)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_item *item = conf->bindings[i].items;

		for (; item && item->kind != CONF_KIND_END; item++) {
			if (is_spelled(s, item->name, underscore))
				return (struct conf_target){
				    item, conf->bindings[i].target};
		}
	}
	return (struct conf_target){NULL, NULL};
}

/* "X_FILE" of a secret X; an own row of that name is found before. */
static struct conf_target find_file(const struct conf *conf, struct slice s,
				    char underscore)
{
	struct slice suffix = slice_of(underscore == '_' ? "_FILE" : "-file");
	struct conf_target t = {NULL, NULL};

	if (s.n <= suffix.n ||
	    memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) != 0)
		return t;
	t = find(conf, slice_bytes(s.p, s.n - suffix.n), underscore);
	if (t.item && t.item->kind != CONF_KIND_SECRET)
		t.item = NULL;
	return t;
}

typedef void target_fn(const struct conf_target *t, void *arg);

static void each_target(const struct conf *conf, target_fn *fn, void *arg)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_item *item = conf->bindings[i].items;

		for (; item && item->kind != CONF_KIND_END; item++) {
			struct conf_target t = {item, conf->bindings[i].target};

			fn(&t, arg);
		}
	}
}

/* The targets come as they are, so what they hold is not freed first. */
static void set_default(const struct conf_target *t, void *arg)
{
	struct slice text = slice_of(t->item->fallback);
	struct conf_origin from = {.label = ""};

	(void)arg;
	conf_value_init(t);
	if (t->item->fallback)
		must(conf_value_set(t, text, &from));
}

static bool is_foreign(const struct conf *conf, struct slice name)
{
	const char *const *prefix = conf->foreign_prefixes;

	for (; prefix && *prefix; prefix++) {
		size_t n = strlen(*prefix);

		if (name.n >= n && memcmp(name.p, *prefix, n) == 0)
			return true;
	}
	return false;
}

/* Files in the first pass, values in the second: a value wins over a file,
 * in whatever order the environment holds them. */
static bool load_variable(const struct conf *conf, const char *entry,
			  bool files, struct conf_origin *from)
{
	size_t n = strcspn(entry, "=");
	struct slice name = {entry + strlen(PREFIX), n - strlen(PREFIX)};
	const char *value = entry[n] ? entry + n + 1 : "";
	struct conf_target t = find(conf, name, '_');

	set_label(from, slice_bytes(entry, n));
	if (t.item)
		return files || conf_value_set(&t, slice_of(value), from);
	t = find_file(conf, name, '_');
	if (t.item)
		return !files || conf_value_set_from_file(&t, value, from);
	return is_foreign(conf, name) || conf_fault(from, "unknown variable");
}

static bool load_environment(const struct conf *conf, char *const *envp,
			     bool files, struct conf_origin *from)
{
	for (; envp && *envp; envp++) {
		/* A name that ends before the prefix does is not ours. */
		if (strncmp(*envp, PREFIX, strlen(PREFIX)) != 0)
			continue;
		if (!load_variable(conf, *envp, files, from))
			return false;
	}
	return true;
}

/* These set no value; the program looks at them itself. */
static bool is_command(const char *arg)
{
	static const char *const commands[] = {
	    "--help", "-h", "--version", "--check-config", "--show-config"};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(arg, commands[i]) == 0)
			return true;
	}
	return false;
}

/* A bool may stand alone, so only a word that can be its value is its value. */
static const char *next_value(const struct conf_target *t, bool from_file,
			      const char *next)
{
	bool alone = t->item->kind == CONF_KIND_BOOL && !from_file;

	if (alone)
		return next && conf_bool_of(slice_of(next)) >= 0 ? next : NULL;
	return next && strncmp(next, "--", 2) != 0 ? next : NULL;
}

/* Returns how many arguments it took, 0 after a fault. */
static int load_flag(const struct conf *conf, const char *arg, const char *next,
		     struct conf_origin *from)
{
	size_t n = strcspn(arg, "=");
	struct slice name = {arg + 2, n - 2};
	struct conf_target t = find(conf, name, '-');
	const char *value = arg[n] ? arg + n + 1 : NULL;
	bool from_file = false;
	int taken = 1;

	set_label(from, slice_bytes(arg, n));
	if (!t.item) {
		t = find_file(conf, name, '-');
		from_file = true;
	}
	if (!t.item)
		return conf_fault(from, "unknown flag");
	if (!value) {
		value = next_value(&t, from_file, next);
		taken = value ? 2 : 1;
	}
	if (!value && t.item->kind == CONF_KIND_BOOL)
		value = "true";
	if (!value)
		return conf_fault(from, "needs a value");
	if (from_file)
		return conf_value_set_from_file(&t, value, from) ? taken : 0;
	return conf_value_set(&t, slice_of(value), from) ? taken : 0;
}

static bool load_flags(const struct conf *conf, int argc, char **argv,
		       struct conf_origin *from)
{
	int i = 1;

	while (i < argc) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		int taken = 1;

		if (is_command(argv[i])) {
			i++;
			continue;
		}
		if (strncmp(argv[i], "--", 2) != 0) {
			snprintf(from->label, sizeof(from->label),
				 "argument %d", i);
			return conf_fault(from, "is not a flag");
		}
		taken = load_flag(conf, argv[i], next, from);
		if (taken == 0)
			return false;
		i += taken;
	}
	return true;
}

bool conf_load(const struct conf *conf, int argc, char **argv,
	       char *const *envp, char *error, size_t error_size)
{
	struct conf_origin from = {.error = error, .error_size = error_size};

	each_target(conf, set_default, NULL);
	if (load_environment(conf, envp, true, &from) &&
	    load_environment(conf, envp, false, &from) &&
	    load_flags(conf, argc, argv, &from))
		return true;
	conf_fini(conf);
	return false;
}

static void fini_target(const struct conf_target *t, void *arg)
{
	(void)arg;
	conf_value_free(t);
}

void conf_fini(const struct conf *conf)
{
	each_target(conf, fini_target, NULL);
}

/* The name as a variable or a flag spells it. */
static void print_name(FILE *out, const char *name, char underscore)
{
	for (; *name; name++)
		fputc(fold(*name, underscore), out);
}

static void show_target(const struct conf_target *t, void *arg)
{
	FILE *out = arg;

	fputs(PREFIX, out);
	print_name(out, t->item->name, '_');
	fputc('=', out);
	conf_value_show(t, out);
	fputc('\n', out);
}

void conf_show(const struct conf *conf, FILE *out)
{
	each_target(conf, show_target, out);
}

static void help_target(const struct conf_target *t, void *arg)
{
	static const char *const values[] = {
	    [CONF_KIND_INT] = " NUMBER",     [CONF_KIND_STR] = " TEXT",
	    [CONF_KIND_BOOL] = "",	     [CONF_KIND_SECRET] = " SECRET",
	    [CONF_KIND_BIND] = " ENDPOINTS",
	};
	const struct conf_item *item = t->item;
	FILE *out = arg;

	fputs("  --", out);
	print_name(out, item->name, '-');
	fprintf(out, "%s\n      %s\n      ", values[item->kind], item->help);
	fputs(PREFIX, out);
	print_name(out, item->name, '_');
	if (item->kind == CONF_KIND_SECRET) {
		fputs(", " PREFIX, out);
		print_name(out, item->name, '_');
		fputs("_FILE", out);
	}
	if (item->fallback && item->fallback[0])
		fprintf(out, "; default %s", item->fallback);
	if (item->kind == CONF_KIND_INT)
		fprintf(out, "; %lld to %lld", (long long)item->min,
			(long long)item->max);
	fputc('\n', out);
}

void conf_help(const struct conf *conf, FILE *out)
{
	each_target(conf, help_target, out);
}
