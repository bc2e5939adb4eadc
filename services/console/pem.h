/*
 * pem - certificates and keys in PEM: can they be used?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each function answers NULL, or a static text that says why not.
 */
#ifndef CONSOLE_PEM_H
#define CONSOLE_PEM_H

#include <stddef.h>
#include <stdint.h>

#define PEM_SUBJECT_SIZE 256

/* Of the first certificate. */
struct pem_info {
	char subject[PEM_SUBJECT_SIZE]; /* RFC 2253; ASCII */
	uint64_t not_after_ms;
};

/* 1 to max certificates and nothing secret. */
const char *pem_check_certificates(const char *text, size_t max,
				   struct pem_info *info);
/* One private key, not encrypted, that belongs to the first certificate. */
const char *pem_check_key(const char *key, const char *certificates);
/* One private key, not encrypted, that tokens can be signed with: RSA of 2048
 * to 8192 bits (RS256), or EC on P-256 (ES256). */
const char *pem_check_signing_key(const char *key);

#endif
