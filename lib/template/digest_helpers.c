/*
 * digest_helpers - digests of texts, and signatures with a key.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/text.h"
#include "template/call.h"
#include "template/tables.h"

static const void *bytes(struct slice s)
{
	return s.p ? s.p : "";
}

static const struct value *print(struct helper_call *call, struct slice digest)
{
	struct slice encoding = call_option_text(call, "encoding", "hex");
	struct buf out;

	call_begin(call, &out);
	if (slice_eq_str(encoding, "hex")) {
		hex_encode(&out, digest);
	} else if (slice_eq_str(encoding, "base64")) {
		base64_encode(&out, digest);
	} else {
		buf_fini(&out);
		return call_fail(call, "encoding= is neither hex nor base64");
	}
	return call_end(call, &out);
}

static const struct value *digest(struct helper_call *call, const EVP_MD *md)
{
	struct slice text = call_subject(call);
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned n;

	if (!EVP_Digest(bytes(text), text.n, out, &n, md, NULL))
		return call_fail(call, "the digest is not to be had here");
	return print(call, slice_bytes(out, n));
}

/* {{hmacSHA256 key text}}, a block with the key, or a text and key=. */
static const struct value *hmac(struct helper_call *call, const EVP_MD *md)
{
	const struct value *named = helper_option(call, "key");
	struct slice key, text;
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned n;

	if (call->n_args < (named ? 1 : 2))
		return call_fail(call, "an HMAC takes a key and a text");
	key = named ? value_text(named, call->arena) : call_text(call, 0);
	text = call_text(call, call->n_args - 1);
	if (key.n == 0 || key.n > INT_MAX)
		return call_fail(call, "the key of an HMAC is empty");
	if (!HMAC(md, bytes(key), (int)key.n, bytes(text), text.n, out, &n))
		return call_fail(call, "the digest is not to be had here");
	return print(call, slice_bytes(out, n));
}

static const struct value *md5(struct helper_call *call)
{
	return digest(call, EVP_md5());
}

static const struct value *sha1(struct helper_call *call)
{
	return digest(call, EVP_sha1());
}

static const struct value *sha256(struct helper_call *call)
{
	return digest(call, EVP_sha256());
}

static const struct value *sha512(struct helper_call *call)
{
	return digest(call, EVP_sha512());
}

static const struct value *hmac_sha1(struct helper_call *call)
{
	return hmac(call, EVP_sha1());
}

static const struct value *hmac_sha256(struct helper_call *call)
{
	return hmac(call, EVP_sha256());
}

static const struct value *hmac_sha512(struct helper_call *call)
{
	return hmac(call, EVP_sha512());
}

const struct helper digest_helpers[] = {
    {"hmacSHA1", hmac_sha1, 0, 2, HELPER_TEXT},
    {"hmacSHA256", hmac_sha256, 0, 2, HELPER_TEXT},
    {"hmacSHA512", hmac_sha512, 0, 2, HELPER_TEXT},
    {"md5", md5, 0, 1, HELPER_TEXT},
    {"sha1", sha1, 0, 1, HELPER_TEXT},
    {"sha256", sha256, 0, 1, HELPER_TEXT},
    {"sha512", sha512, 0, 1, HELPER_TEXT},
    {0},
};
