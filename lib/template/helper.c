/*
 * helper - finds helpers by their names.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/helper.h"

#include "template/tables.h"

static const struct helper *const tables[] = {
    date_helpers,  digest_helpers, encode_helpers, list_helpers,
    logic_helpers, number_helpers, text_helpers,
};

/* Only compiling a template asks, so a walk over all of them is fast enough. */
const struct helper *helper_find(struct slice name)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct helper *h = tables[t]; h->name; h++) {
			if (slice_eq_str(name, h->name))
				return h;
		}
	}
	return NULL;
}

const struct value *helper_option(const struct helper_call *call,
				  const char *name)
{
	for (size_t i = 0; i < call->n_options; i++) {
		if (slice_eq_str(call->options[i].name, name))
			return call->options[i].value;
	}
	return NULL;
}
