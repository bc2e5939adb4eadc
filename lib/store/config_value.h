/*
 * config_value - one object of the mirror: from its document, and its end.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STORE_CONFIG_VALUE_H
#define STORE_CONFIG_VALUE_H

#include "store/config.h"

/* A struct project, webhook or api_key, as the kind says. NULL, after a line in
 * the log, when the document is no good. reason: why a webhook is disabled. */
void *config_value_parse(const struct config_options *o, enum config_kind kind,
			 struct slice id, struct slice document,
			 struct slice reason);
/* A webhook loses a reference. value may be NULL. */
void config_value_free(enum config_kind kind, void *value);

#endif
