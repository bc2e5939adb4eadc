/*
 * compile - from a filter's JSON document to the program that is evaluated.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every limit is checked here, and every fault told with its place. A document
 * is first measured as a whole, so that nothing large is walked over.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "filter/filter.h"
#include "filter/program.h"

/* What JSON readers of ours keep of a decimal. */
#define REAL_DIGITS 15

struct compiler {
	struct arena *arena;
	struct filter_fault *fault;
	size_t conditions, depth;
	size_t values; /* of the operand that is read */
	size_t path_n; /* of fault->path */
};

static bool refuse(struct compiler *c, const char *text)
{
	c->fault->text = text;
	return false;
}

/* Each goes down to a part; leave() comes back to what they return. */
static size_t entered(struct compiler *c, int n)
{
	size_t before = c->path_n;
	size_t room = sizeof(c->fault->path) - before;

	if (n > 0)
		c->path_n += (size_t)n < room ? (size_t)n : room - 1;
	return before;
}

static size_t enter_name(struct compiler *c, const char *name)
{
	return entered(c, snprintf(c->fault->path + c->path_n,
				   sizeof(c->fault->path) - c->path_n, ".%s",
				   name));
}

static size_t enter_index(struct compiler *c, size_t index)
{
	return entered(c, snprintf(c->fault->path + c->path_n,
				   sizeof(c->fault->path) - c->path_n, "[%zu]",
				   index));
}

static void leave(struct compiler *c, size_t before)
{
	c->path_n = before;
	c->fault->path[before] = '\0';
}

/* --- values to compare with -------------------------------------------- */

static bool read_value(struct compiler *c, const json_t *json,
		       struct value *out, size_t depth);

static struct slice keep_text(struct compiler *c, const char *p, size_t n)
{
	char *copy = arena_alloc(c->arena, n);

	if (n > 0)
		memcpy(copy, p, n);
	return slice_bytes(copy, n);
}

static bool read_real(struct compiler *c, double real, struct value *out)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%.*g", REAL_DIGITS, real);
	if (strtod(text, NULL) != real)
		return refuse(c, "a decimal has at most 15 digits");
	value_set_real(out, real);
	return true;
}

static bool append_value(struct compiler *c, const json_t *json,
			 struct value ***tail, struct slice key, size_t depth)
{
	struct value *v = arena_alloc(c->arena, sizeof(*v));

	*v = (struct value){.key = key};
	**tail = v;
	*tail = &v->next;
	return read_value(c, json, v, depth + 1);
}

static bool read_array(struct compiler *c, const json_t *json,
		       struct value *out, size_t depth)
{
	struct value **tail = &out->first;
	bool ok = true;

	out->kind = VALUE_ARRAY;
	for (size_t i = 0; ok && i < json_array_size(json); i++) {
		size_t before = enter_index(c, i);

		ok = append_value(c, json_array_get(json, i), &tail,
				  slice_of(NULL), depth);
		if (ok)
			leave(c, before);
	}
	return ok;
}

static bool read_object(struct compiler *c, const json_t *json,
			struct value *out, size_t depth)
{
	struct value **tail = &out->first;
	const char *name;
	json_t *member;

	out->kind = VALUE_OBJECT;
	json_object_foreach((json_t *)json, name, member)
	{
		size_t before = enter_name(c, name);

		if (!append_value(c, member, &tail,
				  keep_text(c, name, strlen(name)), depth))
			return false;
		leave(c, before);
	}
	return true;
}

static bool read_value(struct compiler *c, const json_t *json,
		       struct value *out, size_t depth)
{
	if (++c->values > FILTER_VALUES_MAX + 1)
		return refuse(c, "more than 1000 values to compare with");
	if (depth > FILTER_VALUE_DEPTH_MAX)
		return refuse(c, "nested more than 32 levels deep");
	out->first = NULL;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return read_object(c, json, out, depth);
	case JSON_ARRAY:
		return read_array(c, json, out, depth);
	case JSON_STRING:
		out->kind = VALUE_STRING;
		out->text = keep_text(c, json_string_value(json),
				      json_string_length(json));
		return true;
	case JSON_INTEGER:
		out->kind = VALUE_WHOLE;
		out->whole = json_integer_value(json);
		return true;
	case JSON_REAL:
		return read_real(c, json_real_value(json), out);
	case JSON_TRUE:
		out->kind = VALUE_TRUE;
		return true;
	case JSON_FALSE:
		out->kind = VALUE_FALSE;
		return true;
	default:
		out->kind = VALUE_NULL;
		return true;
	}
}

/* --- conditions -------------------------------------------------------- */

/* A whole whose parts are being added. */
struct whole {
	struct condition *condition, **tail;
};

static struct condition *condition_new(struct compiler *c,
				       enum condition_kind kind)
{
	struct condition *new = arena_alloc(c->arena, sizeof(*new));

	*new = (struct condition){.kind = kind};
	return new;
}

static struct whole whole_new(struct compiler *c, enum condition_kind kind)
{
	struct whole w = {condition_new(c, kind), NULL};

	w.tail = &w.condition->parts;
	return w;
}

static void add(struct whole *w, struct condition *part)
{
	*w->tail = part;
	w->tail = &part->next;
}

static struct condition *negation(struct compiler *c, struct condition *of)
{
	struct condition *not = condition_new(c, CONDITION_NOT);

	not ->parts = of;
	return not ;
}

enum operand { ANY, ORDERED, LIST, BOOLEAN, TEXT };

struct operation {
	const char *name;
	enum condition_kind kind;
	enum operand operand;
	bool negated;
};

static const struct operation operators[] = {
    {"$eq", CONDITION_IN, ANY, false},
    {"$ne", CONDITION_IN, ANY, true},
    {"$gt", CONDITION_GT, ORDERED, false},
    {"$gte", CONDITION_GTE, ORDERED, false},
    {"$lt", CONDITION_LT, ORDERED, false},
    {"$lte", CONDITION_LTE, ORDERED, false},
    {"$in", CONDITION_IN, LIST, false},
    {"$nin", CONDITION_IN, LIST, true},
    {"$exists", CONDITION_EXISTS, BOOLEAN, false},
    {"$prefix", CONDITION_PREFIX, TEXT, false},
    {"$suffix", CONDITION_SUFFIX, TEXT, false},
    {"$contains", CONDITION_CONTAINS, ANY, false},
};

static const struct operation *operator_of(const char *name)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strcmp(operators[i].name, name))
			return &operators[i];
	return NULL;
}

static const char *operand_fault(enum operand want, const json_t *json)
{
	size_t n = json_array_size(json);

	switch (want) {
	case ORDERED:
		return json_is_number(json) || json_is_string(json)
			   ? NULL
			   : "a number or a text is wanted";
	case LIST:
		return n > 0 && n <= FILTER_LIST_MAX
			   ? NULL
			   : "a list of 1 to 1000 values is wanted";
	case BOOLEAN:
		return json_is_boolean(json) ? NULL : "true or false is wanted";
	case TEXT:
		return json_is_string(json) ? NULL : "a text is wanted";
	default:
		return NULL;
	}
}

/* $eq is $in with a list of one. */
static bool read_operand(struct compiler *c, const struct operation *op,
			 const json_t *json, struct condition *condition)
{
	struct value *list = &condition->operand;

	c->values = 0;
	if (op->kind != CONDITION_IN || op->operand == LIST)
		return read_value(c, json, list, 0);
	list->kind = VALUE_ARRAY;
	list->first = arena_alloc(c->arena, sizeof(*list->first));
	*list->first = (struct value){.next = NULL};
	return read_value(c, json, list->first, 0);
}

static bool add_test(struct compiler *c, const struct path *path,
		     const struct operation *op, const json_t *json,
		     struct whole *into)
{
	const char *fault = operand_fault(op->operand, json);
	struct condition *condition = condition_new(c, op->kind);
	bool negated =
	    op->negated || (op->operand == BOOLEAN && json_is_false(json));

	if (fault)
		return refuse(c, fault);
	if (++c->conditions > FILTER_CONDITIONS_MAX)
		return refuse(c, "more than 256 conditions");
	condition->path = *path;
	if (!read_operand(c, op, json, condition))
		return false;
	add(into, negated ? negation(c, condition) : condition);
	return true;
}

static bool go_deeper(struct compiler *c)
{
	return ++c->depth <= FILTER_DEPTH_MAX ||
	       refuse(c, "$and, $or and $not are nested more than 8 levels "
			 "deep");
}

static bool add_tests(struct compiler *c, const struct path *path,
		      const json_t *json, struct whole *into);

/* {"$not": {"$gt": 5}} below a path. */
static bool add_negated_tests(struct compiler *c, const struct path *path,
			      const json_t *json, struct whole *into)
{
	struct whole all = whole_new(c, CONDITION_AND);

	if (json_object_size(json) == 0)
		return refuse(c, "an object of operators is wanted");
	if (!go_deeper(c) || !add_tests(c, path, json, &all))
		return false;
	c->depth--;
	add(into, negation(c, all.condition));
	return true;
}

/* {"$gt": 5, "$lt": 7} below a path. */
static bool add_tests(struct compiler *c, const struct path *path,
		      const json_t *json, struct whole *into)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)json, name, value)
	{
		const struct operation *op = operator_of(name);
		size_t before = enter_name(c, name);
		bool ok;

		if (!strcmp(name, "$not"))
			ok = add_negated_tests(c, path, value, into);
		else if (op)
			ok = add_test(c, path, op, value, into);
		else
			ok = refuse(c, "there is no such operator below a "
				       "path");
		if (!ok)
			return false;
		leave(c, before);
	}
	return true;
}

static bool has_operators(const json_t *json)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)json, name, value)
	{
		if (name[0] == '$')
			return true;
	}
	return false;
}

static bool add_path(struct compiler *c, const char *name, const json_t *json,
		     struct whole *into)
{
	struct path path;
	const char *fault = path_parse(&path, slice_of(name), c->arena);

	if (fault)
		return refuse(c, fault);
	return has_operators(json)
		   ? add_tests(c, &path, json, into)
		   : add_test(c, &path, operator_of("$eq"), json, into);
}

static bool add_filter(struct compiler *c, const json_t *json,
		       struct whole *into);

/* The filters of $and and $or. */
static bool add_list(struct compiler *c, enum condition_kind kind,
		     const json_t *list, struct whole *into)
{
	struct whole all = whole_new(c, kind);
	size_t n = json_array_size(list);

	if (n == 0 || n > FILTER_LIST_MAX)
		return refuse(c, "a list of 1 to 1000 filters is wanted");
	for (size_t i = 0; i < n; i++) {
		size_t before = enter_index(c, i);

		if (!add_filter(c, json_array_get(list, i), &all))
			return false;
		leave(c, before);
	}
	add(into, all.condition);
	return true;
}

static bool add_not(struct compiler *c, const json_t *json, struct whole *into)
{
	struct whole all = whole_new(c, CONDITION_AND);

	if (!add_filter(c, json, &all))
		return false;
	add(into, negation(c, all.condition));
	return true;
}

static bool add_operator(struct compiler *c, const char *name,
			 const json_t *json, struct whole *into)
{
	bool ok;

	if (!go_deeper(c))
		return false;
	if (!strcmp(name, "$and"))
		ok = add_list(c, CONDITION_AND, json, into);
	else if (!strcmp(name, "$or"))
		ok = add_list(c, CONDITION_OR, json, into);
	else if (!strcmp(name, "$not"))
		ok = add_not(c, json, into);
	else
		ok = refuse(c, operator_of(name)
				   ? "this operator stands below a path"
				   : "there is no such operator");
	c->depth--;
	return ok;
}

/* All of an object's keys, as one condition. */
static bool add_filter(struct compiler *c, const json_t *json,
		       struct whole *into)
{
	struct whole all = whole_new(c, CONDITION_AND);
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return refuse(c, "an object is wanted");
	json_object_foreach((json_t *)json, name, value)
	{
		size_t before = enter_name(c, name);

		if (name[0] == '$' ? !add_operator(c, name, value, &all)
				   : !add_path(c, name, value, &all))
			return false;
		leave(c, before);
	}
	add(into, all.condition);
	return true;
}

static bool compile(struct compiler *c, const json_t *document,
		    struct filter *f)
{
	struct whole root = whole_new(c, CONDITION_AND);

	if (!json_is_object(document))
		return refuse(c, "an object is wanted");
	if (json_dumpb(document, NULL, 0, JSON_COMPACT) > FILTER_BYTES_MAX)
		return refuse(c, "it has more than 32768 bytes");
	if (!add_filter(c, document, &root))
		return false;
	f->all = root.condition->parts;
	return true;
}

struct filter *filter_compile(const json_t *document,
			      struct filter_fault *fault)
{
	struct filter *f = xcalloc(1, sizeof(*f));
	struct compiler c = {.arena = &f->arena, .fault = fault};

	*fault = (struct filter_fault){.path = "filter"};
	c.path_n = strlen(fault->path);
	if (!compile(&c, document, f))
		filter_free(&f);
	return f;
}
