/*
 * private_key - one private key in PEM, and how it signs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A function that answers NULL has put a static text into *fault that says
 * why.
 */
#ifndef STORE_PRIVATE_KEY_H
#define STORE_PRIVATE_KEY_H

#include <openssl/types.h>

/* Not one with a passphrase. The caller ends it with EVP_PKEY_free(). */
EVP_PKEY *private_key_read(const char *pem, const char **fault);
/* With which algorithm (RFC 7518) it signs tokens: "RS256" with RSA of 2048 to
 * 8192 bits, "ES256" with EC on P-256. Static. */
const char *private_key_algorithm(const EVP_PKEY *key, const char **fault);
/* For OpenSSL's readers of PEM, which would ask at the terminal: gives none,
 * and sets *asked, a bool. */
int no_passphrase(char *out, int size, int writing, void *asked);

#endif
