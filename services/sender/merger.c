/*
 * merger - fills in the merge fields of a plan's URL for one message.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "merger.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "filter/document.h"
#include "filter/merge.h"
#include "net/url.h"

struct merger {
	struct document *document;
	struct buf url;
};

struct merger *merger_new(void)
{
	struct merger *m = xcalloc(1, sizeof(*m));

	m->document = document_new();
	buf_init(&m->url, URL_RENDERED_BYTES_MAX + 1);
	return m;
}

void merger_free(struct merger **m)
{
	if (!*m)
		return;
	document_free(&(*m)->document);
	buf_fini(&(*m)->url);
	free(*m);
	*m = NULL;
}

/* Every value was encoded, so this cannot fail; it is looked at all the same
 * before anything is sent. */
static bool leads_to_the_same(const struct plan *plan, struct slice url)
{
	struct url_parts at;

	return !url_parse(target_rules_any(!plan->at.https), url,
			  URL_RENDERED_BYTES_MAX, &at) &&
	       at.https == plan->at.https && at.port == plan->at.port &&
	       slice_eq(at.host, plan->at.host);
}

const char *merger_url(struct merger *m, const struct plan *plan,
		       struct slice message)
{
	buf_reset(&m->url);
	if (!merge_render(plan->merge, m->document, message, &m->url) ||
	    buf_full(&m->url) || !leads_to_the_same(plan, buf_slice(&m->url)))
		return NULL;
	buf_append_char(&m->url, '\0');
	return buf_full(&m->url) ? NULL : m->url.p;
}
