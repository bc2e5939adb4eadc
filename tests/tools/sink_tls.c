/*
 * sink_tls - TLS over memory, for the receiver's connections.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sink_tls.h"

#include <openssl/ssl.h>
#include <stdlib.h>

#include "base/mem.h"

#define CHUNK 16384

struct tls_context {
	SSL_CTX *ctx; /* owned */
};

struct tls {
	SSL *ssl; /* owned, and both BIOs with it */
	BIO *in, *out;
};

struct tls_context *tls_context_new(const char *cert_file, const char *key_file)
{
	struct tls_context *c = xcalloc(1, sizeof(*c));

	c->ctx = SSL_CTX_new(TLS_server_method());
	must(c->ctx);
	if (SSL_CTX_use_certificate_chain_file(c->ctx, cert_file) == 1 &&
	    SSL_CTX_use_PrivateKey_file(c->ctx, key_file, SSL_FILETYPE_PEM) ==
		1)
		return c;
	tls_context_free(&c);
	return NULL;
}

void tls_context_free(struct tls_context **c)
{
	if (!*c)
		return;
	SSL_CTX_free((*c)->ctx);
	free(*c);
	*c = NULL;
}

struct tls *tls_new(struct tls_context *c)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	t->ssl = SSL_new(c->ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	must(t->ssl && t->in && t->out);
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_accept_state(t->ssl);
	return t;
}

void tls_free(struct tls **t)
{
	if (!*t)
		return;
	SSL_free((*t)->ssl);
	free(*t);
	*t = NULL;
}

static void drain(struct tls *t, struct buf *out)
{
	char chunk[CHUNK];
	int n;

	while ((n = BIO_read(t->out, chunk, sizeof(chunk))) > 0)
		buf_append(out, chunk, (size_t)n);
}

enum err tls_receive(struct tls *t, struct slice in, struct buf *plain,
		     struct buf *out)
{
	char chunk[CHUNK];
	int n;

	if (BIO_write(t->in, in.p, (int)in.n) != (int)in.n)
		return ERR_CRYPTO;
	while ((n = SSL_read(t->ssl, chunk, sizeof(chunk))) > 0)
		buf_append(plain, chunk, (size_t)n);
	drain(t, out);
	return SSL_get_error(t->ssl, n) == SSL_ERROR_WANT_READ ? ERR_OK
							       : ERR_CRYPTO;
}

enum err tls_send(struct tls *t, struct slice plain, struct buf *out)
{
	int n = SSL_write(t->ssl, plain.p, (int)plain.n);

	drain(t, out);
	return n == (int)plain.n ? ERR_OK : ERR_CRYPTO;
}
