/*
 * strip - takes white space off the texts of a tree.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where a ~ says so, and around tags that have a line of their own.
 */
#ifndef TEMPLATE_STRIP_H
#define TEMPLATE_STRIP_H

#include "template/tree.h"

void strip_template(struct body *root);

#endif
