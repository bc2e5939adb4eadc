/*
 * redis_tls - TLS to Redis.
 * SPDX-License-Identifier: Apache-2.0
 *
 * hiredis would read the key from a file only, and check no name; so what it
 * gets is a connection of OpenSSL's that knows both.
 */
#include "io/redis_tls.h"

#ifdef REDIS_HAS_TLS

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct redis_tls {
	size_t refs;
	SSL_CTX *context;  /* owned */
	const char *fault; /* of a certificate; static */
};

/* All that OpenSSL says in the end is that it has failed. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct redis_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!ok)
		tls->fault = X509_verify_cert_error_string(
		    X509_STORE_CTX_get_error(store));
	return ok;
}

/* An encrypted key is not asked for on a terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
}

static const char *load_key(SSL_CTX *context, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key =
	    bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
		: NULL;
	const char *fault = NULL;

	if (!key)
		fault = "REDIS_TLS_KEY: not a private key in PEM without a "
			"passphrase";
	else if (SSL_CTX_use_PrivateKey(context, key) != 1)
		fault = "REDIS_TLS_KEY: does not belong to the certificate of "
			"POSTRIDER_REDIS_TLS_CERT";
	EVP_PKEY_free(key);
	BIO_free(bio);
	return fault;
}

/* NULL, or what is wrong: the setting without its prefix, and why. */
static const char *load(SSL_CTX *context, const struct redis_access *a)
{
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
		return "REDIS_URL: TLS 1.2 is not there";
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
	if (!redis_given(a->tls_ca) &&
	    SSL_CTX_set_default_verify_paths(context) != 1)
		return "REDIS_TLS_CA: the system has no root certificates";
	if (redis_given(a->tls_ca) &&
	    SSL_CTX_load_verify_locations(context, a->tls_ca, NULL) != 1)
		return "REDIS_TLS_CA: cannot be read as certificates in PEM";
	if (redis_given(a->tls_cert) != redis_given(a->tls_key))
		return redis_given(a->tls_key)
			   ? "REDIS_TLS_CERT: is missing, since there is a key"
			   : "REDIS_TLS_KEY: is missing, since there is a "
			     "certificate";
	if (!redis_given(a->tls_cert))
		return NULL;
	if (SSL_CTX_use_certificate_chain_file(context, a->tls_cert) != 1)
		return "REDIS_TLS_CERT: cannot be read as a certificate in PEM";
	return load_key(context, a->tls_key);
}

bool redis_tls_is_built(void)
{
	return true;
}

struct redis_tls *redis_tls_new(const struct redis_access *access, char *error,
				size_t error_size)
{
	struct redis_tls *tls = xcalloc(1, sizeof(*tls));
	const char *fault = "REDIS_URL: no memory for TLS";

	tls->refs = 1;
	tls->context = SSL_CTX_new(TLS_client_method());
	if (tls->context) {
		SSL_CTX_set_app_data(tls->context, tls);
		fault = load(tls->context, access);
	}
	/* Of no interest to whoever looks at this thread's errors next. */
	ERR_clear_error();
	if (!fault)
		return tls;
	snprintf(error, error_size, "POSTRIDER_%s", fault);
	redis_tls_unref(&tls);
	return NULL;
}

struct redis_tls *redis_tls_ref(struct redis_tls *tls)
{
	if (tls)
		tls->refs++;
	return tls;
}

void redis_tls_unref(struct redis_tls **tp)
{
	struct redis_tls *tls = *tp;

	*tp = NULL;
	if (!tls || --tls->refs > 0)
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

const char *redis_tls_why(struct redis_tls *tls)
{
	const char *fault = tls->fault;
	unsigned long error = ERR_peek_last_error();

	if (!fault && error)
		fault = ERR_reason_error_string(error);
	ERR_clear_error();
	tls->fault = NULL;
	return fault;
}

static bool expect(SSL *ssl, const char *host)
{
	struct in6_addr address;

	if (inet_pton(AF_INET, host, &address) == 1 ||
	    inet_pton(AF_INET6, host, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
						     host) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

bool redis_tls_start(const struct redis_tls *tls, struct redisContext *c,
		     const char *host)
{
	SSL *ssl = SSL_new(tls->context);

	/* Once it has taken the connection, hiredis frees it. */
	if (ssl && expect(ssl, host) && redisInitiateSSL(c, ssl) == REDIS_OK)
		return true;
	if (!c->privctx)
		SSL_free(ssl);
	ERR_clear_error();
	return false;
}

#else

#include <stdio.h>

bool redis_tls_is_built(void)
{
	return false;
}

struct redis_tls *redis_tls_new(const struct redis_access *access, char *error,
				size_t error_size)
{
	(void)access;
	snprintf(error, error_size,
		 "POSTRIDER_REDIS_URL: this build has no TLS to Redis");
	return NULL;
}

struct redis_tls *redis_tls_ref(struct redis_tls *tls)
{
	return tls;
}

void redis_tls_unref(struct redis_tls **tls)
{
	*tls = NULL;
}

const char *redis_tls_why(struct redis_tls *tls)
{
	(void)tls;
	return NULL;
}

bool redis_tls_start(const struct redis_tls *tls, struct redisContext *c,
		     const char *host)
{
	(void)tls;
	(void)c;
	(void)host;
	return false;
}

#endif
