/*
 * draft_signing - the member "signing" of a webhook's document.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_DRAFT_SIGNING_H
#define CONSOLE_DRAFT_SIGNING_H

#include "sealer.h"

/* Seals the secrets in what a caller wrote. old: what is there, or NULL. */
bool signing_seal(const struct sealer *s, json_t *signing, const json_t *old);
/* Of the merged and checked document: drops what has ended, makes a secret
 * where one is needed. asked: the algorithm the caller wrote, or NULL. */
bool signing_complete(const struct sealer *s, json_t *doc, const json_t *asked,
		      struct draft *draft);
/* Takes out secrets whose time is over. signing may be NULL. */
void signing_drop_ended(json_t *signing, uint64_t now_ms);
/* A new secret in front; those that sign now have an end. */
bool signing_rotate(const struct sealer *s, json_t *signing,
		    const json_t *asked, struct draft *draft);
/* Masks the secrets, and shows what may be seen of them. */
void signing_view(json_t *signing);
/* Takes the latter out of a view again. */
void signing_hide_computed(json_t *signing);

#endif
