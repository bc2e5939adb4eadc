/*
 * conf_value - one setting: takes a text into its member, frees it, shows it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * No fault ever repeats a value: a password may stand in a URL, or in the wrong
 * variable. Does not know where a text comes from.
 */
#include "base/conf_value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool conf_fault(struct conf_origin *from, const char *fmt, ...)
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

static int64_t *int_at(const struct conf_target *t)
{
	return (int64_t *)(void *)(t->base + t->item->offset);
}

static bool *bool_at(const struct conf_target *t)
{
	return (bool *)(void *)(t->base + t->item->offset);
}

static char **string_at(const struct conf_target *t)
{
	return (char **)(void *)(t->base + t->item->offset);
}

static bool is_string(const struct conf_item *item)
{
	return item->kind == CONF_KIND_STR || item->kind == CONF_KIND_BIND ||
	       item->kind == CONF_KIND_SECRET;
}

void conf_value_free(const struct conf_target *t)
{
	char **s;

	if (!is_string(t->item))
		return;
	s = string_at(t);
	if (t->item->kind == CONF_KIND_SECRET) {
		mem_wipe(s);
		return;
	}
	free(*s);
	*s = NULL;
}

void conf_value_init(const struct conf_target *t)
{
	if (is_string(t->item))
		*string_at(t) = NULL;
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

static bool set_int(const struct conf_target *t, struct slice value,
		    struct conf_origin *from)
{
	int64_t v;

	if (!parse_int(value, &v) || v < t->item->min || v > t->item->max)
		return conf_fault(
		    from, "must be a whole number from %lld to %lld",
		    (long long)t->item->min, (long long)t->item->max);
	*int_at(t) = v;
	return true;
}

int conf_bool_of(struct slice value)
{
	static const char *const words[] = {"false", "true", "0",   "1",
					    "no",    "yes",  "off", "on"};

	for (int i = 0; i < 8; i++) {
		if (slice_eq_str(value, words[i]))
			return i % 2;
	}
	return -1;
}

static bool set_bool(const struct conf_target *t, struct slice value,
		     struct conf_origin *from)
{
	int v = conf_bool_of(value);

	if (v < 0)
		return conf_fault(from, "must be true or false");
	*bool_at(t) = v == 1;
	return true;
}

static bool set_string(const struct conf_target *t, struct slice value,
		       struct conf_origin *from)
{
	const struct conf_item *item = t->item;

	if ((int64_t)value.n < item->min || (int64_t)value.n > item->max)
		return conf_fault(from, "must have from %lld to %lld bytes",
				  (long long)item->min, (long long)item->max);
	if (value.n && memchr(value.p, '\0', value.n))
		return conf_fault(from, "must not contain a NUL byte");
	conf_value_free(t);
	/* An empty secret protects nothing: it counts as none. */
	if (item->kind != CONF_KIND_SECRET || value.n)
		*string_at(t) = slice_dup(value);
	return true;
}

bool conf_value_set(const struct conf_target *t, struct slice value,
		    struct conf_origin *from)
{
	if (t->item->kind == CONF_KIND_INT)
		return set_int(t, value, from);
	if (t->item->kind == CONF_KIND_BOOL)
		return set_bool(t, value, from);
	return set_string(t, value, from);
}

/* One byte more than the file may hold shows that it holds too much. */
static bool set_from_stream(const struct conf_target *t, FILE *f,
			    struct conf_origin *from)
{
	size_t size = (size_t)t->item->max + 3; /* "\r\n" and that byte */
	char *text = xmalloc(size);
	size_t n = fread(text, 1, size, f);
	bool ok;

	if (ferror(f)) {
		ok = conf_fault(from, "%s", strerror(errno));
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
bool conf_value_set_from_file(const struct conf_target *t, const char *path,
			      struct conf_origin *from)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return conf_fault(from, "%s", strerror(errno));
	setvbuf(f, NULL, _IONBF, 0); /* no second copy of the secret */
	ok = set_from_stream(t, f, from);
	fclose(f);
	return ok;
}

/*
 * A URL may carry a password: "scheme://user:***@host". One with a slash in it
 * is no proper URL and still a password, so everything up to the last '@' goes.
 */
static void print_string(FILE *out, const char *s)
{
	const char *scheme_end = strstr(s, "://");
	const char *authority = scheme_end ? scheme_end + 3 : s;
	const char *at = strrchr(authority, '@');
	const char *colon;

	colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	if (colon)
		fprintf(out, "%.*s***%s", (int)(colon + 1 - s), s, at);
	else
		fputs(s, out);
}

void conf_value_show(const struct conf_target *t, FILE *out)
{
	if (t->item->kind == CONF_KIND_INT)
		fprintf(out, "%lld", (long long)*int_at(t));
	else if (t->item->kind == CONF_KIND_BOOL)
		fputs(*bool_at(t) ? "true" : "false", out);
	else if (*string_at(t) && t->item->kind == CONF_KIND_SECRET)
		fputs("***", out);
	else if (*string_at(t))
		print_string(out, *string_at(t));
}
