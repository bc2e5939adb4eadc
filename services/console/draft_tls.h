/*
 * draft_tls - the member "tls" of a webhook's document.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_DRAFT_TLS_H
#define CONSOLE_DRAFT_TLS_H

#include "sealer.h"

/* Seals clientKey in what a caller wrote. old: what is there, or NULL. */
bool tls_seal(const struct sealer *s, json_t *tls, const json_t *old);
/* Checks the merged whole, and notes whom the certificate names and when it
 * ends. */
bool tls_complete(const struct sealer *s, json_t *doc);

/* Takes what was noted out of a view. */
void tls_hide_computed(json_t *tls);

#endif
