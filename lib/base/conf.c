/*
 * conf - settings from defaults, the environment and flags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns the strings it puts into the targets. No fault ever repeats a value: a
 * password may stand in a URL, or in the wrong variable.
 */
#include "base/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/slice.h"

#define PREFIX "POSTRIDER_"
#define NAME_SIZE 128

/* One place a value can come from, while it is being taken. */
struct origin {
	char label[NAME_SIZE]; /* "POSTRIDER_X" or "--x", for the fault */
	char *error;	       /* borrowed */
	size_t error_size;
};

/* A row together with the struct it is bound to. */
struct target {
	const struct conf_item *item; /* NULL: no such row */
	char *base;
};

static bool fault(struct origin *from, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Always false, so that callers return it. */
static bool fault(struct origin *from, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (from->error_size)
		snprintf(from->error, from->error_size, "%s: %s", from->label,
			 what);
	return false;
}

/* A name from outside may hold anything; the fault stays one line. */
static void set_label(struct origin *from, struct slice name)
{
	slice_cstr(from->label, sizeof(from->label), name);
	for (char *p = from->label; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
}

static int64_t *int_at(const struct target *t)
{
	return (int64_t *)(void *)(t->base + t->item->offset);
}

static bool *bool_at(const struct target *t)
{
	return (bool *)(void *)(t->base + t->item->offset);
}

static char **string_at(const struct target *t)
{
	return (char **)(void *)(t->base + t->item->offset);
}

static bool is_string(const struct conf_item *item)
{
	return item->kind == CONF_KIND_STR || item->kind == CONF_KIND_SECRET;
}

static void string_free(const struct target *t)
{
	char **s = string_at(t);

	if (*s && t->item->kind == CONF_KIND_SECRET)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

static bool parse_int(struct slice s, int64_t *value)
{
	bool negative = s.n && s.p[0] == '-';
	uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	uint64_t magnitude;

	if (negative)
		s = slice_bytes(s.p + 1, s.n - 1);
	if (!slice_parse_u64(s, &magnitude) || magnitude > limit)
		return false;
	*value = (int64_t)(negative ? 0 - magnitude : magnitude);
	return true;
}

static bool set_int(const struct target *t, struct slice value,
		    struct origin *from)
{
	int64_t v;

	if (!parse_int(value, &v) || v < t->item->min || v > t->item->max)
		return fault(from, "must be a whole number from %lld to %lld",
			     (long long)t->item->min, (long long)t->item->max);
	*int_at(t) = v;
	return true;
}

static int bool_of(struct slice value)
{
	static const char *const words[] = {"false", "true", "0",   "1",
					    "no",    "yes",  "off", "on"};

	for (int i = 0; i < 8; i++) {
		if (slice_eq_str(value, words[i]))
			return i % 2;
	}
	return -1;
}

static bool set_bool(const struct target *t, struct slice value,
		     struct origin *from)
{
	int v = bool_of(value);

	if (v < 0)
		return fault(from, "must be true or false");
	*bool_at(t) = v == 1;
	return true;
}

static bool set_string(const struct target *t, struct slice value,
		       struct origin *from)
{
	const struct conf_item *item = t->item;

	if ((int64_t)value.n < item->min || (int64_t)value.n > item->max)
		return fault(from, "must have from %lld to %lld bytes",
			     (long long)item->min, (long long)item->max);
	if (value.n && memchr(value.p, '\0', value.n))
		return fault(from, "must not contain a NUL byte");
	string_free(t);
	/* An empty secret protects nothing: it counts as none. */
	if (item->kind == CONF_KIND_STR || value.n)
		*string_at(t) = slice_dup(value);
	return true;
}

static bool set_value(const struct target *t, struct slice value,
		      struct origin *from)
{
	if (t->item->kind == CONF_KIND_INT)
		return set_int(t, value, from);
	if (t->item->kind == CONF_KIND_BOOL)
		return set_bool(t, value, from);
	return set_string(t, value, from);
}

/* One byte more than the file may hold shows that it holds too much. */
static bool set_from_stream(const struct target *t, FILE *f,
			    struct origin *from)
{
	size_t size = (size_t)t->item->max + 3; /* "\r\n" and that byte */
	char *text = xmalloc(size);
	size_t n = fread(text, 1, size, f);
	bool ok;

	if (ferror(f)) {
		ok = fault(from, "%s", strerror(errno));
	} else {
		if (n > 0 && text[n - 1] == '\n')
			n -= n > 1 && text[n - 2] == '\r' ? 2 : 1;
		ok = set_string(t, slice_bytes(text, n), from);
	}
	explicit_bzero(text, size);
	free(text);
	return ok;
}

/* The path is not repeated either: somebody may have put the secret there. */
static bool set_from_file(const struct target *t, const char *path,
			  struct origin *from)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return fault(from, "%s", strerror(errno));
	setvbuf(f, NULL, _IONBF, 0); /* no second copy of the secret */
	ok = set_from_stream(t, f, from);
	fclose(f);
	return ok;
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

static struct target find(const struct conf *conf, struct slice s,
			  char underscore)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_item *item = conf->bindings[i].items;

		for (; item && item->kind != CONF_KIND_END; item++) {
			if (is_spelled(s, item->name, underscore))
				return (struct target){
					item, conf->bindings[i].target};
		}
	}
	return (struct target){NULL, NULL};
}

/* "X_FILE" of a secret X; an own row of that name is found before. */
static struct target find_file(const struct conf *conf, struct slice s,
			       char underscore)
{
	struct slice suffix = slice_of(underscore == '_' ? "_FILE" : "-file");
	struct target t = {NULL, NULL};

	if (s.n <= suffix.n ||
	    memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) != 0)
		return t;
	t = find(conf, slice_bytes(s.p, s.n - suffix.n), underscore);
	if (t.item && t.item->kind != CONF_KIND_SECRET)
		t.item = NULL;
	return t;
}

typedef void target_fn(const struct target *t, void *arg);

static void each_target(const struct conf *conf, target_fn *fn, void *arg)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_item *item = conf->bindings[i].items;

		for (; item && item->kind != CONF_KIND_END; item++) {
			struct target t = {item, conf->bindings[i].target};

			fn(&t, arg);
		}
	}
}

/* The targets come as they are, so what they hold is not freed first. */
static void set_default(const struct target *t, void *arg)
{
	struct slice text = slice_of(t->item->fallback);
	struct origin from = {.label = ""};

	(void)arg;
	if (is_string(t->item))
		*string_at(t) = NULL;
	if (t->item->fallback)
		must(set_value(t, text, &from));
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
			  bool files, struct origin *from)
{
	size_t n = strcspn(entry, "=");
	struct slice name = {entry + strlen(PREFIX), n - strlen(PREFIX)};
	const char *value = entry[n] ? entry + n + 1 : "";
	struct target t = find(conf, name, '_');

	set_label(from, slice_bytes(entry, n));
	if (t.item)
		return files || set_value(&t, slice_of(value), from);
	t = find_file(conf, name, '_');
	if (t.item)
		return !files || set_from_file(&t, value, from);
	return is_foreign(conf, name) || fault(from, "unknown variable");
}

static bool load_environment(const struct conf *conf, char *const *envp,
			     bool files, struct origin *from)
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

/* These do something else than set a value; the program looks at them itself. */
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
static const char *next_value(const struct target *t, bool from_file,
			      const char *next)
{
	bool alone = t->item->kind == CONF_KIND_BOOL && !from_file;

	if (alone)
		return next && bool_of(slice_of(next)) >= 0 ? next : NULL;
	return next && strncmp(next, "--", 2) != 0 ? next : NULL;
}

/* Returns how many arguments it took, 0 after a fault. */
static int load_flag(const struct conf *conf, const char *arg, const char *next,
		     struct origin *from)
{
	size_t n = strcspn(arg, "=");
	struct slice name = {arg + 2, n - 2};
	struct target t = find(conf, name, '-');
	const char *value = arg[n] ? arg + n + 1 : NULL;
	bool from_file = false;
	int taken = 1;

	set_label(from, slice_bytes(arg, n));
	if (!t.item) {
		t = find_file(conf, name, '-');
		from_file = true;
	}
	if (!t.item)
		return fault(from, "unknown flag");
	if (!value) {
		value = next_value(&t, from_file, next);
		taken = value ? 2 : 1;
	}
	if (!value && t.item->kind == CONF_KIND_BOOL)
		value = "true";
	if (!value)
		return fault(from, "needs a value");
	if (from_file)
		return set_from_file(&t, value, from) ? taken : 0;
	return set_value(&t, slice_of(value), from) ? taken : 0;
}

static bool load_flags(const struct conf *conf, int argc, char **argv,
		       struct origin *from)
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
			return fault(from, "is not a flag");
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
	struct origin from = {.error = error, .error_size = error_size};

	each_target(conf, set_default, NULL);
	if (load_environment(conf, envp, true, &from) &&
	    load_environment(conf, envp, false, &from) &&
	    load_flags(conf, argc, argv, &from))
		return true;
	conf_fini(conf);
	return false;
}

static void fini_target(const struct target *t, void *arg)
{
	(void)arg;
	if (is_string(t->item))
		string_free(t);
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

/* A URL may carry a password: "scheme://user:***@host". */
static void print_string(FILE *out, const char *s)
{
	const char *authority = strstr(s, "://");
	const char *at, *colon;

	authority = authority ? authority + 3 : s + strlen(s);
	at = memrchr(authority, '@', strcspn(authority, "/?#"));
	colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	if (colon)
		fprintf(out, "%.*s***%s", (int)(colon + 1 - s), s, at);
	else
		fputs(s, out);
}

static void show_target(const struct target *t, void *arg)
{
	FILE *out = arg;

	fputs(PREFIX, out);
	print_name(out, t->item->name, '_');
	fputc('=', out);
	if (t->item->kind == CONF_KIND_INT)
		fprintf(out, "%lld", (long long)*int_at(t));
	else if (t->item->kind == CONF_KIND_BOOL)
		fputs(*bool_at(t) ? "true" : "false", out);
	else if (*string_at(t) && t->item->kind == CONF_KIND_SECRET)
		fputs("***", out);
	else if (*string_at(t))
		print_string(out, *string_at(t));
	fputc('\n', out);
}

void conf_show(const struct conf *conf, FILE *out)
{
	each_target(conf, show_target, out);
}

static void help_target(const struct target *t, void *arg)
{
	static const char *const values[] = {
		[CONF_KIND_INT] = " NUMBER",
		[CONF_KIND_STR] = " TEXT",
		[CONF_KIND_BOOL] = "",
		[CONF_KIND_SECRET] = " SECRET",
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
