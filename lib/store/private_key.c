/*
 * private_key - what OpenSSL says of a key.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/private_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <stdbool.h>

#include "base/mem.h"

/* Signing with a longer key would hold a process up. */
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

int no_passphrase(char *out, int size, int writing, void *asked)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

EVP_PKEY *private_key_read(const char *pem, const char **fault)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	bool encrypted = false;
	EVP_PKEY *key;

	must(bio);
	key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);
	BIO_free(bio);
	/* What is noted of a bad key would be taken for a fault of the next
	 * TLS connection. */
	ERR_clear_error();
	if (!key)
		*fault = encrypted ? "it is encrypted: take its passphrase off"
				   : "a private key in PEM is wanted";
	return key;
}

static bool is_p256(const EVP_PKEY *key)
{
	char group[64];
	size_t n;

	return EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
	       OBJ_sn2nid(group) == NID_X9_62_prime256v1;
}

const char *private_key_algorithm(const EVP_PKEY *key, const char **fault)
{
	int type = EVP_PKEY_get_base_id(key), bits = EVP_PKEY_get_bits(key);

	*fault = NULL;
	if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
		*fault = "an RSA key or one on the curve P-256 is wanted";
	else if (type == EVP_PKEY_RSA && bits < RSA_BITS_MIN)
		*fault = "it is too short: RSA takes 2048 bits";
	else if (type == EVP_PKEY_RSA && bits > RSA_BITS_MAX)
		*fault = "it is too long: RSA takes at most 8192 bits";
	else if (type == EVP_PKEY_EC && !is_p256(key))
		*fault = "it is on another curve than P-256";
	if (*fault)
		return NULL;
	return type == EVP_PKEY_RSA ? "RS256" : "ES256";
}
