/*
 * set - many filters, and which of them hold for a message.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A rule (a filter and whose it is) that demands one of a few plain values at
 * some path stands in the buckets of those values, at the node where that path
 * ends. Of several such demands the rarest in this set is taken. All other
 * rules are evaluated for every message.
 */
#include "filter/set.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "filter/program.h"

/* A longer list would cost more memory than it saves time. */
#define INDEXED_VALUES_MAX 64
#define BUCKETS_MAX ((size_t)64 * 1024 * 1024)

struct rule {
	const struct filter *filter;
	void *subscriber;
	uint64_t seen; /* by the message of this number */
};

/* Of one value at one path. */
struct bucket {
	struct rule **rules;
	size_t n, size;
	size_t demands; /* of any rule, also those that stand elsewhere */
};

struct filter_set {
	struct rule *rules;
	size_t n, size;
	struct rule **others; /* that stand in no bucket */
	size_t n_others;
	struct wanted *wanted; /* a node's mark: value's hash → bucket */
	uint64_t messages;
};

struct filter_set *filter_set_new(void)
{
	struct filter_set *set = xcalloc(1, sizeof(*set));

	set->wanted = wanted_new();
	return set;
}

static struct slice hash_key(const uint64_t *hash)
{
	return slice_bytes(hash, sizeof(*hash));
}

static void free_buckets(struct wanted *node)
{
	struct table *buckets = node->mark;
	size_t pos = 0;
	void *value;

	while (buckets && table_next(buckets, &pos, NULL, &value)) {
		free(((struct bucket *)value)->rules);
		free(value);
	}
	table_free(&buckets);
	node->mark = NULL;
}

void filter_set_free(struct filter_set **set)
{
	if (!*set)
		return;
	wanted_each((*set)->wanted, free_buckets);
	wanted_free(&(*set)->wanted);
	free((*set)->rules);
	free((*set)->others);
	free(*set);
	*set = NULL;
}

void filter_set_add(struct filter_set *set, const struct filter *filter,
		    void *subscriber)
{
	if (set->n > 0 && set->rules[set->n - 1].subscriber == subscriber)
		return;
	if (set->n == set->size) {
		set->size = set->size ? 2 * set->size : 4;
		set->rules =
		    xrealloc(set->rules, set->size * sizeof(*set->rules));
	}
	set->rules[set->n++] =
	    (struct rule){.filter = filter, .subscriber = subscriber};
}

struct wanted *filter_set_wanted(const struct filter_set *set)
{
	return set->wanted;
}

/* --- building ---------------------------------------------------------- */

static void want_paths(struct filter_set *set, const struct condition *c)
{
	if (c->path.n > 0)
		wanted_add(set->wanted, &c->path);
	for (const struct condition *part = c->parts; part; part = part->next)
		want_paths(set, part);
}

static bool can_be_indexed(const struct condition *c)
{
	size_t n = 0;

	if (c->kind != CONDITION_IN)
		return false;
	for (const struct value *v = c->operand.first; v; v = v->next)
		if (!value_is_scalar(v) || ++n > INDEXED_VALUES_MAX)
			return false;
	return true;
}

static struct bucket *bucket_of(struct wanted *node, const struct value *v)
{
	uint64_t hash = value_hash(v);
	struct bucket *b;

	if (!node->mark)
		node->mark = table_new(BUCKETS_MAX);
	b = table_find(node->mark, hash_key(&hash));
	if (b)
		return b;
	b = xcalloc(1, sizeof(*b));
	must(table_put(node->mark, hash_key(&hash), b) == ERR_OK);
	return b;
}

static void count_demands(struct filter_set *set, const struct condition *c)
{
	struct wanted *node;

	if (c->kind == CONDITION_AND)
		for (c = c->parts; c; c = c->next)
			count_demands(set, c);
	else if (can_be_indexed(c)) {
		node = wanted_add(set->wanted, &c->path);
		for (const struct value *v = c->operand.first; v; v = v->next)
			bucket_of(node, v)->demands++;
	}
}

struct choice {
	const struct condition *condition; /* NULL: there is none */
	size_t demands;
};

static void choose(struct filter_set *set, const struct condition *c,
		   struct choice *best)
{
	struct wanted *node;
	size_t demands = 0;

	if (c->kind == CONDITION_AND) {
		for (c = c->parts; c; c = c->next)
			choose(set, c, best);
		return;
	}
	if (!can_be_indexed(c))
		return;
	node = wanted_add(set->wanted, &c->path);
	for (const struct value *v = c->operand.first; v; v = v->next)
		demands += bucket_of(node, v)->demands;
	if (!best->condition || demands < best->demands)
		*best = (struct choice){c, demands};
}

static void bucket_add(struct bucket *b, struct rule *rule)
{
	if (b->n == b->size) {
		b->size = b->size ? 2 * b->size : 1;
		b->rules = xrealloc(b->rules, b->size * sizeof(b->rules[0]));
	}
	b->rules[b->n++] = rule;
}

static void place(struct filter_set *set, struct rule *rule)
{
	struct choice best = {NULL, 0};
	struct wanted *node;

	choose(set, rule->filter->all, &best);
	if (!best.condition) {
		set->others[set->n_others++] = rule;
		return;
	}
	node = wanted_add(set->wanted, &best.condition->path);
	for (const struct value *v = best.condition->operand.first; v;
	     v = v->next)
		bucket_add(bucket_of(node, v), rule);
}

/* Of demands that were not chosen. */
static void drop_empty(struct wanted *node)
{
	struct table *buckets = node->mark;
	struct slice key;
	size_t pos = 0;
	void *value;

	while (buckets && table_next(buckets, &pos, &key, &value)) {
		struct bucket *b = value;

		if (b->n > 0)
			continue;
		(void)table_delete(buckets, key);
		free(b);
	}
	if (buckets && table_count(buckets) == 0)
		free_buckets(node);
}

void filter_set_build(struct filter_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		want_paths(set, set->rules[i].filter->all);
		count_demands(set, set->rules[i].filter->all);
	}
	set->others = xcalloc(set->n ? set->n : 1, sizeof(*set->others));
	for (size_t i = 0; i < set->n; i++)
		place(set, &set->rules[i]);
	wanted_each(set->wanted, drop_empty);
}

/* --- asking ------------------------------------------------------------ */

struct question {
	struct filter_set *set;
	const struct value *message;
	filter_match_fn *fn;
	void *arg;
};

static void ask(const struct question *q, struct rule *rule)
{
	if (rule->seen == q->set->messages)
		return;
	rule->seen = q->set->messages;
	if (filter_holds(rule->filter, q->message))
		q->fn(q->arg, rule->subscriber);
}

static void ask_bucket(const struct question *q, const struct table *buckets,
		       const struct value *v)
{
	const struct bucket *b;
	uint64_t hash;

	if (!value_is_scalar(v))
		return;
	hash = value_hash(v);
	b = table_find(buckets, hash_key(&hash));
	for (size_t i = 0; b && i < b->n; i++)
		ask(q, b->rules[i]);
}

static void ask_at(const struct question *q, const struct table *buckets,
		   const struct value *v)
{
	ask_bucket(q, buckets, v);
	if (v->kind == VALUE_ARRAY)
		for (v = v->first; v; v = v->next)
			ask_bucket(q, buckets, v);
}

static void walk(const struct question *q, const struct wanted *node,
		 const struct value *v);

static void walk_members(const struct question *q, const struct wanted *node,
			 const struct value *object)
{
	for (const struct value *v = object->first; v; v = v->next) {
		const struct wanted *child = wanted_child(node, v->key);

		if (child)
			walk(q, child, v);
	}
}

static void walk_elements(const struct question *q, const struct wanted *node,
			  const struct value *array)
{
	size_t i = 0;

	for (const struct value *v = array->first; v; v = v->next, i++) {
		const struct wanted *child;
		char name[24];
		int n;

		if (v->kind == VALUE_OBJECT)
			walk_members(q, node, v);
		if (!node->numbered)
			continue;
		n = snprintf(name, sizeof(name), "%zu", i);
		child = wanted_child(node, slice_bytes(name, (size_t)n));
		if (child)
			walk(q, child, v);
	}
}

/* Goes where path_any() would go, for all paths at once. */
static void walk(const struct question *q, const struct wanted *node,
		 const struct value *v)
{
	if (node->mark)
		ask_at(q, node->mark, v);
	if (!node->children)
		return;
	if (v->kind == VALUE_OBJECT)
		walk_members(q, node, v);
	else if (v->kind == VALUE_ARRAY)
		walk_elements(q, node, v);
}

void filter_set_match(struct filter_set *set, const struct value *message,
		      filter_match_fn *fn, void *arg)
{
	const struct question q = {set, message, fn, arg};

	set->messages++;
	for (size_t i = 0; i < set->n_others; i++)
		ask(&q, set->others[i]);
	walk(&q, set->wanted, message);
}
