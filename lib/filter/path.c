/*
 * path - "dataFields.items.0.sku": where in a message to look.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "filter/path.h"

/* No message has more elements. */
#define INDEX_DIGITS_MAX 8

struct walk {
	path_test_fn *test;
	void *arg;
};

struct path_part path_part(struct slice name)
{
	struct path_part part = {.name = name};
	bool spelled = name.n == 1 || (name.n > 0 && name.p[0] != '0');
	uint64_t index;

	if (spelled && name.n <= INDEX_DIGITS_MAX &&
	    slice_parse_u64(name, &index)) {
		part.is_index = true;
		part.index = (size_t)index;
	}
	return part;
}

static bool is_known_root(struct slice name)
{
	return slice_eq_str(name, "email") || slice_eq_str(name, "userId") ||
	       slice_eq_str(name, "eventName") ||
	       slice_eq_str(name, "dataFields");
}

/* NULL, and how many names it has; or what is wrong with it. */
static const char *text_fault(struct slice text, size_t *names)
{
	size_t parts = 1;

	if (text.n > PATH_BYTES_MAX)
		return "a path has at most 512 bytes";
	for (size_t i = 0; i < text.n; i++) {
		parts += text.p[i] == '.';
		if (text.p[i] == '.' && (i == 0 || text.p[i - 1] == '.'))
			return "a path has no empty names";
	}
	if (text.n == 0 || text.p[text.n - 1] == '.')
		return "a path has no empty names";
	*names = parts;
	return parts > PATH_PARTS_MAX ? "a path has at most 32 names" : NULL;
}

const char *path_parse(struct path *path, struct slice text,
		       struct arena *arena)
{
	size_t names = 0;
	const char *fault = text_fault(text, &names);
	char *copy;

	if (fault)
		return fault;
	copy = arena_alloc(arena, text.n);
	memcpy(copy, text.p, text.n);
	path->parts = arena_alloc(arena, names * sizeof(*path->parts));
	path->n = 0;
	for (size_t from = 0, i = 0; i <= text.n; i++) {
		if (i < text.n && copy[i] != '.')
			continue;
		path->parts[path->n++] =
		    path_part(slice_bytes(copy + from, i - from));
		from = i + 1;
	}
	return is_known_root(path->parts[0].name)
		   ? NULL
		   : "a path begins with email, userId, eventName or "
		     "dataFields";
}

static bool any(const struct walk *w, const struct value *v,
		const struct path_part *part, size_t left);

static bool any_member(const struct walk *w, const struct value *object,
		       const struct path_part *part, size_t left)
{
	const struct value *v = value_member(object, part->name);

	return v && any(w, v, part + 1, left - 1);
}

static bool any_element(const struct walk *w, const struct value *array,
			const struct path_part *part, size_t left)
{
	const struct value *picked = NULL;

	if (part->is_index)
		picked = value_at(array, part->index);
	if (picked && any(w, picked, part + 1, left - 1))
		return true;
	for (const struct value *v = array->first; v; v = v->next)
		if (v->kind == VALUE_OBJECT && any_member(w, v, part, left))
			return true;
	return false;
}

static bool any(const struct walk *w, const struct value *v,
		const struct path_part *part, size_t left)
{
	if (left == 0)
		return w->test(w->arg, v);
	if (v->kind == VALUE_OBJECT)
		return any_member(w, v, part, left);
	return v->kind == VALUE_ARRAY && any_element(w, v, part, left);
}

bool path_any(const struct path *path, const struct value *message,
	      path_test_fn *test, void *arg)
{
	const struct walk w = {test, arg};

	return any(&w, message, path->parts, path->n);
}

const struct value *path_one(const struct path *path,
			     const struct value *message)
{
	const struct value *v = message;

	for (size_t i = 0; v && i < path->n; i++) {
		const struct path_part *part = &path->parts[i];

		if (v->kind == VALUE_OBJECT)
			v = value_member(v, part->name);
		else if (v->kind == VALUE_ARRAY && part->is_index)
			v = value_at(v, part->index);
		else
			v = NULL;
	}
	return v;
}
