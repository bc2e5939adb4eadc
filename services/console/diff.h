/*
 * diff - in which fields two documents of a webhook differ.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_DIFF_H
#define CONSOLE_DIFF_H

#include <jansson.h>
#include <stdbool.h>

/* But for the version and the time of the change. */
bool diff_same(const json_t *a, const json_t *b);
/* [{"field": path, "from": …, "to": …}], null where there is none. Compared are
 * the documents, shown are the views, so that another secret is seen to be
 * another and still masked. Old ones may be NULL. New. */
json_t *diff_fields(const json_t *old, const json_t *fresh,
		    const json_t *old_view, const json_t *fresh_view);

#endif
