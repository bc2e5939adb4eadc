/*
 * iregexp - interoperable regular expressions (RFC 9485), matched by PCRE2.
 * SPDX-License-Identifier: Apache-2.0
 *
 * PCRE2 counts its steps anew at every place where a match may begin. So each
 * item of a pattern calls us back, and we count. A repeat that never gives back
 * would go over a whole subject from each of its places without such a call.
 */
#include "jsonpath/iregexp.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/mem.h"

/* A mapped byte takes at most this many. */
#define MAPPED_BYTES_MAX 16
#define HEAP_KIB_MAX 4096

struct iregexp {
	pcre2_code *code; /* owned */
};

struct iregexp *iregexp_compile(struct slice pattern, bool whole)
{
	const uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C |
				 PCRE2_NO_AUTO_CAPTURE | PCRE2_AUTO_CALLOUT |
				 PCRE2_NO_AUTO_POSSESS;
	struct iregexp *r = NULL;
	pcre2_code *code = NULL;
	struct buf text;
	PCRE2_SIZE place;
	int error;

	buf_init(&text, IREGEXP_MAX * MAPPED_BYTES_MAX);
	buf_append_str(&text, whole ? "\\A(?:" : "(?:");
	if (pattern.n <= IREGEXP_MAX && iregexp_map(pattern, &text)) {
		buf_append_str(&text, whole ? ")\\z" : ")");
		if (!buf_full(&text))
			code = pcre2_compile((PCRE2_SPTR)text.p, text.n,
					     options, &error, &place, NULL);
	}
	buf_fini(&text);
	if (code) {
		r = xcalloc(1, sizeof(*r));
		r->code = code;
	}
	return r;
}

void iregexp_free(struct iregexp **r)
{
	if (!*r)
		return;
	pcre2_code_free((*r)->code);
	free(*r);
	*r = NULL;
}

static int on_item(pcre2_callout_block *block, void *arg)
{
	size_t *effort = arg;

	(void)block;
	if (*effort == 0)
		return PCRE2_ERROR_MATCHLIMIT;
	--*effort;
	return 0;
}

static enum iregexp_found found(int rc)
{
	switch (rc) {
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_NOMEMORY:
		return IREGEXP_LIMIT;
	default:
		/* A subject that is no UTF-8 matches nothing. */
		return rc >= 0 ? IREGEXP_YES : IREGEXP_NO;
	}
}

enum iregexp_found iregexp_match(const struct iregexp *r, struct slice subject,
				 size_t *effort)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	const char *text = subject.n ? subject.p : "";
	int rc;

	must(context && data);
	pcre2_set_heap_limit(context, HEAP_KIB_MAX);
	pcre2_set_callout(context, on_item, effort);
	rc = pcre2_match(r->code, (PCRE2_SPTR)text, subject.n, 0, 0, data,
			 context);
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return found(rc);
}
