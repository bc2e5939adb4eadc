/*
 * sign_test - signatures, against values that other programs computed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sign.h"

static struct signing_secret secret(char fill, uint64_t until_ms)
{
	struct signing_secret s = {.n = 24, .until_ms = until_ms};

	memset(s.key, fill, s.n);
	return s;
}

static const struct slice id = {"evt_01HZX5K3Q8M4Z2V7B9N6C1D0FG", 30};
static const struct slice stamp = {"1795421805", 10};
static const struct slice body = {"{\"a\":1}", 7};

/* openssl dgst -sha256 -hmac aaaaaaaaaaaaaaaaaaaaaaaa -binary | base64 */
#define BY_A "v1,qOWanBcnchxx2EdKhw2zVX5K9DLk+KD5a9sjbiIohpI="
#define BY_B "v1,vUCOXnDrWTtIezbvuM05TizS8jN7I0OOT7KWsa83RWA="

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
		secrets[i] = secret((char)('a' + i), 0);
	s = signer_new(secrets, SIGNING_SECRETS_MAX);
	assert_int_equal(signer_sign(s, id, stamp, body, 0, out),
			 SIGNING_SECRETS_MAX * 48 - 1);
	signer_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_values),
	    cmocka_unit_test(old_secrets_end),
	    cmocka_unit_test(most_secrets_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
