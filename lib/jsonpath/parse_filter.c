/*
 * parse_filter - the expressions behind a question mark, and their types.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jsonpath/parse.h"

enum type { TYPE_VALUE, TYPE_LOGICAL, TYPE_NODES };

static const struct signature {
	const char *name; /* with its parenthesis */
	enum type result;
	size_t arguments;
	enum type argument; /* of each */
} signatures[] = {
    [CALL_LENGTH] = {"length(", TYPE_VALUE, 1, TYPE_VALUE},
    [CALL_COUNT] = {"count(", TYPE_VALUE, 1, TYPE_NODES},
    [CALL_MATCH] = {"match(", TYPE_LOGICAL, 2, TYPE_VALUE},
    [CALL_SEARCH] = {"search(", TYPE_LOGICAL, 2, TYPE_VALUE},
    [CALL_VALUE] = {"value(", TYPE_VALUE, 1, TYPE_NODES},
};

static bool operand(struct parse *p, struct expr **out);

/* Whether it has one value, or none. */
static bool is_value(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_LITERAL:
		return true;
	case EXPR_QUERY:
		return e->query.singular;
	case EXPR_CALL:
		return signatures[e->function].result == TYPE_VALUE;
	default:
		return false;
	}
}

static struct expr *binary(struct parse *p, enum expr_kind kind,
			   struct expr *left, struct expr *right)
{
	struct expr *e = parse_new(p, sizeof(*e));

	e->kind = kind;
	e->left = left;
	e->right = right;
	return e;
}

/* Once for all values, when the pattern stands in the path. */
static void compile_pattern(struct parse *p, struct expr *call)
{
	const struct expr *pattern = call->right;

	if (!pattern || pattern->kind != EXPR_LITERAL ||
	    pattern->literal.kind != VALUE_STRING)
		return;
	call->regexp = iregexp_compile(pattern->literal.text,
				       call->function == CALL_MATCH);
	call->next_regexp = *p->regexps;
	*p->regexps = call;
}

static bool argument(struct parse *p, enum type type, struct expr **out)
{
	size_t from;

	parse_space(p);
	from = p->at;
	if (!operand(p, out))
		return false;
	parse_space(p);
	if (type == TYPE_VALUE ? is_value(*out) : (*out)->kind == EXPR_QUERY)
		return true;
	p->at = from;
	return parse_fault(p, type == TYPE_VALUE
				  ? "the function wants a single value here"
				  : "the function wants a path here");
}

/* Behind the parenthesis. */
static bool call(struct parse *p, enum function function, struct expr **out)
{
	const struct signature *s = &signatures[function];
	struct expr *e = *out = binary(p, EXPR_CALL, NULL, NULL);

	e->function = function;
	if (!parse_nest(p) || !argument(p, s->argument, &e->left))
		return false;
	if (s->arguments == 2 &&
	    (!parse_take(p, ",") ? !parse_fault(p, "an argument is missing")
				 : !argument(p, s->argument, &e->right)))
		return false;
	if (!parse_take(p, ")"))
		return parse_fault(p, ") is missing");
	p->nesting--;
	compile_pattern(p, e);
	return true;
}

static bool word(struct parse *p, struct value *v)
{
	if (parse_take(p, "true"))
		v->kind = VALUE_TRUE;
	else if (parse_take(p, "false"))
		v->kind = VALUE_FALSE;
	else if (parse_take(p, "null"))
		v->kind = VALUE_NULL;
	else
		return parse_fault(p, "there is no such value or function");
	return true;
}

static bool literal(struct parse *p, struct value *v)
{
	char c = parse_peek(p);

	if (c == '-' || (c >= '0' && c <= '9'))
		return parse_number(p, v);
	if (c != '\'' && c != '"')
		return word(p, v);
	v->kind = VALUE_STRING;
	return parse_string(p, &v->text);
}

static bool operand(struct parse *p, struct expr **out)
{
	char c = parse_peek(p);

	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (parse_take(p, signatures[i].name))
			return call(p, (enum function)i, out);
	*out = parse_new(p, sizeof(**out));
	(*out)->kind = c == '@' || c == '$' ? EXPR_QUERY : EXPR_LITERAL;
	return (*out)->kind == EXPR_QUERY ? parse_query(p, &(*out)->query)
					  : literal(p, &(*out)->literal);
}

static bool comparison(struct parse *p, enum comparison *out)
{
	/* The longer ones first. */
	static const struct {
		const char *token;
		enum comparison comparison;
	} all[] = {{"==", EQUAL},	  {"!=", NOT_EQUAL}, {"<=", LESS_EQUAL},
		   {">=", GREATER_EQUAL}, {"<", LESS},	     {">", GREATER}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (parse_take(p, all[i].token)) {
			*out = all[i].comparison;
			return true;
		}
	}
	return false;
}

/* What stands alone: a path that leads somewhere, or a function that says. */
static bool check_test(struct parse *p, const struct expr *e, size_t from)
{
	if (e->kind == EXPR_QUERY || (e->kind == EXPR_CALL && !is_value(e)))
		return true;
	p->at = from;
	return parse_fault(p, "a value alone is no condition");
}

static bool check_value(struct parse *p, const struct expr *e, size_t from)
{
	if (is_value(e))
		return true;
	p->at = from;
	return parse_fault(p, "only single values can be compared");
}

/* A comparison, or a test. */
static bool condition(struct parse *p, struct expr **out)
{
	enum comparison how;
	struct expr *left, *right;
	size_t from = p->at, behind;

	if (!operand(p, &left))
		return false;
	behind = p->at;
	parse_space(p);
	if (!comparison(p, &how)) {
		p->at = behind;
		*out = left;
		return check_test(p, left, from);
	}
	if (!check_value(p, left, from))
		return false;
	parse_space(p);
	from = p->at;
	if (!operand(p, &right) || !check_value(p, right, from))
		return false;
	*out = binary(p, EXPR_COMPARE, left, right);
	(*out)->comparison = how;
	return true;
}

/* Behind the exclamation mark, which binds a test or parentheses. */
static bool negated(struct parse *p, struct expr **out)
{
	struct expr *e;
	size_t from;

	parse_space(p);
	from = p->at;
	if (parse_take(p, "(")) {
		if (!parse_filter(p, &e))
			return false;
		if (!parse_take(p, ")"))
			return parse_fault(p, ") is missing");
	} else if (!operand(p, &e) || !check_test(p, e, from)) {
		return false;
	}
	*out = binary(p, EXPR_NOT, e, NULL);
	return true;
}

static bool basic(struct parse *p, struct expr **out)
{
	if (parse_take(p, "!"))
		return negated(p, out);
	if (!parse_take(p, "("))
		return condition(p, out);
	if (!parse_filter(p, out))
		return false;
	return parse_take(p, ")") || parse_fault(p, ") is missing");
}

/* One more condition, joined to those before. */
static bool join(struct parse *p, enum expr_kind kind, struct expr **all,
		 bool (*rule)(struct parse *, struct expr **))
{
	struct expr *e;

	parse_space(p);
	if (!rule(p, &e))
		return false;
	*all = *all ? binary(p, kind, *all, e) : e;
	parse_space(p);
	return true;
}

static bool conjunction(struct parse *p, struct expr **out)
{
	*out = NULL;
	do
		if (!join(p, EXPR_AND, out, basic))
			return false;
	while (parse_take(p, "&&"));
	return true;
}

bool parse_filter(struct parse *p, struct expr **out)
{
	if (!parse_nest(p))
		return false;
	*out = NULL;
	do
		if (!join(p, EXPR_OR, out, conjunction))
			return false;
	while (parse_take(p, "||"));
	p->nesting--;
	return true;
}
