/*
 * tables - the helpers by theme, each table ends with a row without a name.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEMPLATE_TABLES_H
#define TEMPLATE_TABLES_H

#include "template/helper.h"

extern const struct helper date_helpers[];
extern const struct helper digest_helpers[];
extern const struct helper encode_helpers[];
extern const struct helper list_helpers[];
extern const struct helper logic_helpers[];
extern const struct helper number_helpers[];
extern const struct helper text_helpers[];

#endif
