/*
 * golden_document_test - documents of the configuration, as consoles of every
 * release have stored them, are understood for ever.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In tests/golden, beside the frames: of v1, before there were journeys, and of
 * v1.4. Never change those files. Their secrets are sealed with a key of 32
 * times 0x42.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/credential.h"
#include "store/seal.h"
#include "store/webhook.h"

#define DOCUMENT_MAX 65536

static const char *const versions[] = {"v1", "v1.4"};
static uint8_t key[SEAL_KEY_BYTES];

static void read_document(const char *version, const char *name,
			  struct buf *out)
{
	char *path = xasprintf("%s/%s/%s.json", GOLDEN_DIR, version, name);
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	buf_init(out, DOCUMENT_MAX);
	out->n = fread(buf_reserve(out, DOCUMENT_MAX), 1, DOCUMENT_MAX, file);
	fclose(file);
	free(path);
}

static struct webhook *webhook_of(const char *version, const char *name)
{
	struct webhook *w;
	const char *fault = NULL;
	struct buf b;

	read_document(version, name, &b);
	if (webhook_parse(
		&(struct webhook_source){
		    .document = buf_slice(&b),
		    .with_filter = true,
		    .with_request = true,
		    .master_key = key,
		},
		&w, &fault) != ERR_OK)
		fail_msg("%s/%s: %s", version, name, fault);
	buf_fini(&b);
	return w;
}

static void look_at(const char *version)
{
	struct webhook *w = webhook_of(version, "webhook");

	assert_string_equal(w->project, "acme");
	assert_int_equal(w->n_event_names, 2);
	assert_int_equal(w->concurrency, 7);
	assert_int_equal(w->rate_per_second, 9);
	assert_int_equal(w->timeout_ms, 9000);
	assert_int_equal(w->n_retry_delays, 2);
	assert_int_equal(w->auth, AUTH_OAUTH2);
	assert_true(w->signing);
	assert_false(w->is_journey);
	webhook_unref(&w);
	w = webhook_of(version, "webhook_batch");
	assert_int_equal(w->batch_events, 10);
	assert_int_equal(w->auth, AUTH_BASIC);
	webhook_unref(&w);
}

static void test_webhooks(void **state)
{
	struct webhook *w;

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		look_at(versions[i]);
	w = webhook_of("v1.4", "webhook_journey");
	assert_true(w->is_journey);
	assert_false(w->keep_answer);
	webhook_unref(&w);
}

static void test_credentials(void **state)
{
	struct credential *c;
	const char *fault = NULL;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		read_document(versions[i], "credential", &b);
		assert_int_equal(credential_parse(
				     &(struct credential_source){
					 .document = buf_slice(&b),
					 .with_grant = true,
					 .master_key = key,
				     },
				     &c, &fault),
				 ERR_OK);
		assert_string_equal(c->client_secret, "a-secret");
		assert_string_equal(c->scope, "hooks");
		assert_int_equal(c->n_params, 1);
		credential_unref(&c);
		buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_webhooks),
	    cmocka_unit_test(test_credentials),
	};

	memset(key, 0x42, sizeof(key));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
