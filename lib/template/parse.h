/*
 * parse - makes the tree of a template.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEMPLATE_PARSE_H
#define TEMPLATE_PARSE_H

#include "filter/arena.h"
#include "template/template.h"
#include "template/tree.h"

/* NULL, with the fault set. The tree is in the arena and refers to source. */
struct body *parse_template(struct slice source, struct arena *arena,
			    struct template_fault *fault);

#endif
