/*
 * scan - cuts a template into tokens.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows how mustaches, strings and names are spelled, and what is text; it
 * does not know what may follow what.
 */
#ifndef TEMPLATE_SCAN_H
#define TEMPLATE_SCAN_H

#include "base/slice.h"
#include "filter/arena.h"

enum token_kind {
	TOKEN_END,
	TOKEN_FAULT, /* text says what is wrong */
	TOKEN_TEXT,
	TOKEN_COMMENT,		  /* {{! }} */
	TOKEN_OPEN,		  /* {{ */
	TOKEN_OPEN_PLAIN,	  /* {{{ or {{& : not escaped */
	TOKEN_OPEN_DECORATOR,	  /* {{* */
	TOKEN_OPEN_BLOCK,	  /* {{# */
	TOKEN_OPEN_INLINE,	  /* {{#* */
	TOKEN_OPEN_INVERSE,	  /* {{^ */
	TOKEN_OPEN_CHAIN,	  /* {{else and something behind it */
	TOKEN_ELSE,		  /* {{else}} or {{^}} */
	TOKEN_OPEN_END,		  /* {{/ */
	TOKEN_OPEN_PARTIAL,	  /* {{> */
	TOKEN_OPEN_PARTIAL_BLOCK, /* {{#> */
	TOKEN_OPEN_RAW,		  /* {{{{ */
	TOKEN_END_RAW,		  /* {{{{/name}}}}: text is the name */
	TOKEN_CLOSE,		  /* what closes that which was opened */
	TOKEN_NAME,
	TOKEN_SEGMENT, /* [a name], without the brackets */
	TOKEN_SEP,     /* . or / between names */
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_TRUE,
	TOKEN_FALSE,
	TOKEN_NULL,
	TOKEN_UNDEFINED,
	TOKEN_DATA,   /* @ */
	TOKEN_EQUALS, /* = */
	TOKEN_AS,     /* as | */
	TOKEN_BAR,    /* | */
	TOKEN_OPEN_CALL,
	TOKEN_CLOSE_CALL
};

struct token {
	enum token_kind kind;
	size_t at;	   /* offset in the source */
	struct slice text; /* of the source or in the arena */
	/* A ~ that takes the white space before it, and behind it. */
	bool strip_before, strip_behind;
};

enum scan_place { SCAN_TEXT, SCAN_ESCAPED, SCAN_MUSTACHE, SCAN_RAW };

struct scan {
	struct slice source;
	struct arena *arena; /* borrowed; strings with escapes are there */
	size_t at;
	size_t opened; /* where the mustache begins */
	enum scan_place place;
	bool inside;   /* what opens the mustache was taken */
	size_t braces; /* that close the mustache */
	size_t raw;    /* raw blocks that are open */
	bool behind_sep;
};

void scan_init(struct scan *s, struct slice source, struct arena *arena);
/* Once there was an end or a fault the next one is the same. */
void scan_next(struct scan *s, struct token *token);

#endif
