/*
 * sign_test - signatures, against values that other programs computed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "store/sign.h"

static struct signing_secret secret(char fill, uint64_t until_ms)
{
	struct signing_secret s = {.n = 24, .until_ms = until_ms};

	memset(s.key, fill, s.n);
	return s;
}

static struct signing_secret pair(char fill)
{
	struct signing_secret s = {.kind = SIGNING_ED25519, .n = 32};

	memset(s.key, fill, s.n);
	return s;
}

static const struct slice id = {"evt_01HZX5K3Q8M4Z2V7B9N6C1D0FG", 30};
static const struct slice stamp = {"1795421805", 10};
static const struct slice body = {"{\"a\":1}", 7};

/* openssl dgst -sha256 -hmac aaaaaaaaaaaaaaaaaaaaaaaa -binary | base64 */
#define BY_A "v1,qOWanBcnchxx2EdKhw2zVX5K9DLk+KD5a9sjbiIohpI="
#define BY_B "v1,vUCOXnDrWTtIezbvuM05TizS8jN7I0OOT7KWsa83RWA="

/* Python's cryptography, with seeds of 32 times this letter. */
#define ED_A                                               \
	"v1a,EcXxxqo8zzmEq0Qrvfj/Gzg84XCgTHgqSV1nbefZwTTU" \
	"sjvn4LW1fUOVlnbeAh8LYjy7iqGeGq5r4ubnzqzhAA=="
#define ED_B                                               \
	"v1a,as6DFL3Thc3Y39f2BiDAj2u6l9gxwgISKI6/Shg3CokF" \
	"lMWk908wZ1RrhK5ayQ6KYB0FjuuQxTy94NVDyLWdCQ=="

static void known_values(void **state)
{
	struct signing_secret secrets[] = {secret('a', 0), secret('b', 0)};
	struct signer *s = signer_new(secrets, 1);
	char out[SIGNATURE_SIZE];

	(void)state;
	/* The key state serves again and again. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(signer_sign(s, id, stamp, body, 0, out), 47);
		assert_string_equal(out, BY_A);
	}
	signer_free(&s);
	s = signer_new(secrets, 2);
	assert_int_equal(signer_sign(s, id, stamp, body, 0, out), 95);
	assert_string_equal(out, BY_A " " BY_B);
	signer_free(&s);
	assert_null(s);
	signer_free(&s);
}

/* Each with its own key, though they stand beside each other. */
static void pairs_and_secrets(void **state)
{
	struct signing_secret secrets[] = {pair('a'), secret('a', 0),
					   pair('b')};
	struct signer *s = signer_new(secrets, 3);
	char out[SIGNATURE_SIZE], *big = calloc(1, 1 << 20);

	(void)state;
	for (int i = 0; i < 3; i++) {
		signer_sign(s, id, stamp, body, 0, out);
		assert_string_equal(out, ED_A " " BY_A " " ED_B);
		/* What is left of a large one does no harm. */
		assert_int_equal(signer_sign(s, id, stamp,
					     slice_bytes(big, 1 << 20), 0, out),
				 92 + 1 + 47 + 1 + 92);
	}
	free(big);
	signer_free(&s);
}

static void old_secrets_end(void **state)
{
	struct signing_secret secrets[] = {secret('a', 1000), secret('b', 0)};
	struct signer *s = signer_new(secrets, 2);
	char out[SIGNATURE_SIZE];

	(void)state;
	assert_int_equal(signer_sign(s, id, stamp, body, 999, out), 95);
	assert_int_equal(signer_sign(s, id, stamp, body, 1000, out), 47);
	assert_string_equal(out, BY_B);
	signer_free(&s);
	s = signer_new(secrets, 1);
	assert_int_equal(signer_sign(s, id, stamp, body, 1000, out), 0);
	assert_string_equal(out, "");
	signer_free(&s);
}

static void most_secrets_fit(void **state)
{
	struct signing_secret secrets[SIGNING_SECRETS_MAX];
	struct signer *s;
	char out[SIGNATURE_SIZE];

	(void)state;
	for (int i = 0; i < SIGNING_SECRETS_MAX; i++)
		secrets[i] = pair((char)('a' + i));
	s = signer_new(secrets, SIGNING_SECRETS_MAX);
	assert_int_equal(signer_sign(s, id, stamp, body, 0, out),
			 SIGNATURE_SIZE - 2);
	signer_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_values),
	    cmocka_unit_test(pairs_and_secrets),
	    cmocka_unit_test(old_secrets_end),
	    cmocka_unit_test(most_secrets_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
