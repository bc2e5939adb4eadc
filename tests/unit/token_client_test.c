/*
 * token_client_test - which tokens process a credential is asked for at.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tokens/token_client.h"

#define CREDENTIALS 3000

static const char *const names[] = {"tokens-1", "tokens-2", "tokens-3"};

static size_t owner_of(const struct ulid *id, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (token_claim(names[i], id) > token_claim(names[best], id))
			best = i;
	return best;
}

/* Each has its share, and who comes or goes takes no more than that. */
static void shares(void **state)
{
	size_t count[3] = {0}, moved = 0;

	(void)state;
	for (unsigned i = 0; i < CREDENTIALS; i++) {
		struct ulid id = ulid_new(1795421805000u + i);
		size_t two = owner_of(&id, 2), three = owner_of(&id, 3);

		count[three]++;
		assert_true(three == two || three == 2);
		moved += three != two;
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(count[i], CREDENTIALS / 4, CREDENTIALS / 2);
	assert_int_equal(moved, count[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
