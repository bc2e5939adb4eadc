/*
 * pem - what OpenSSL says of a PEM text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "pem.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "store/private_key.h"

/* What the TLS of Debian asks of a key at least: RSA with 2048 bits. */
#define SECURITY_BITS_MIN 112

static BIO *open_text(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, (int)strlen(text));

	must(bio);
	return bio;
}

/* NULL: there is none, or it is damaged; *end tells which. */
static X509 *next_certificate(BIO *bio, bool *end)
{
	bool asked = false;
	X509 *cert = PEM_read_bio_X509(bio, NULL, no_passphrase, &asked);

	*end = !cert &&
	       ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	return cert;
}

static void describe(const X509 *cert, struct pem_info *info)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct tm tm;
	int n;

	must(bio);
	X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
			   XN_FLAG_RFC2253);
	n = BIO_read(bio, info->subject, sizeof(info->subject) - 1);
	info->subject[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
	info->not_after_ms = 0;
	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) == 1) {
		time_t s = timegm(&tm);

		info->not_after_ms = s > 0 ? (uint64_t)s * 1000 : 0;
	}
}

const char *pem_check_certificates(const char *text, size_t max,
				   struct pem_info *info)
{
	BIO *bio = open_text(text);
	size_t n = 0;
	bool end;
	X509 *cert;

	while ((cert = next_certificate(bio, &end))) {
		if (++n == 1)
			describe(cert, info);
		X509_free(cert);
		if (n > max)
			break;
	}
	BIO_free(bio);
	if (strstr(text, "PRIVATE KEY"))
		return "it has a private key, which would be shown: that "
		       "belongs in clientKey";
	if (n > max)
		return "it has too many certificates";
	if (!end)
		return "a certificate in it is damaged";
	return n > 0 ? NULL : "a certificate in PEM is wanted";
}

static const char *compare(EVP_PKEY *key, X509 *cert)
{
	if (!cert || X509_check_private_key(cert, key) != 1)
		return "it does not belong to clientCertificate";
	if (EVP_PKEY_get_security_bits(key) < SECURITY_BITS_MIN)
		return "it is too short for TLS: RSA takes 2048 bits";
	return NULL;
}

const char *pem_check_key(const char *key, const char *certificates)
{
	BIO *bio = open_text(certificates);
	const char *fault;
	EVP_PKEY *pair = private_key_read(key, &fault);
	X509 *cert;
	bool end;

	cert = next_certificate(bio, &end);
	if (pair)
		fault = compare(pair, cert);
	EVP_PKEY_free(pair);
	X509_free(cert);
	BIO_free(bio);
	ERR_clear_error();
	return fault;
}

static bool fits_together(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

const char *pem_check_signing_key(const char *text)
{
	const char *fault;
	EVP_PKEY *key = private_key_read(text, &fault);

	if (key && private_key_algorithm(key, &fault) && !fits_together(key))
		fault = "its parts do not fit together";
	EVP_PKEY_free(key);
	ERR_clear_error();
	return fault;
}
