/*
 * ulid_test - order, text and derived ids.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/ulid.h"

static void new_ids_only_rise(void **state)
{
	static const uint64_t times[] = {1000, 1000, 1001, 900, 1001, 1002, 0};
	struct ulid last = ulid_new(999);

	(void)state;
	for (int i = 0; i < 7000; i++) {
		struct ulid u = ulid_new(times[i / 1000]);

		assert_true(memcmp(u.b, last.b, sizeof(u.b)) > 0);
		last = u;
	}
	assert_int_equal(ulid_wall_ms(&last), 1002);
}

/* Last of all, for nothing comes after the end of time. */
static void time_has_an_end(void **state)
{
	struct ulid u = ulid_new(UINT64_MAX);

	(void)state;
	assert_true(ulid_wall_ms(&u) == (UINT64_C(1) << 48) - 1);
}

static struct ulid counting(uint8_t from)
{
	struct ulid u;

	for (int i = 0; i < 16; i++)
		u.b[i] = (uint8_t)(from + i);
	return u;
}

/* Delivery ids outlive every process and release: this must never change. */
static void derived_ids_are_for_ever(void **state)
{
	struct ulid a = counting(0), b = counting(0xf0);
	struct ulid ab = ulid_derive(&a, &b), ba = ulid_derive(&b, &a);
	char text[ID_TEXT_SIZE];

	(void)state;
	assert_string_equal(ulid_format(text, "dlv", &ab),
			    "dlv_0004106105BBCHFN6KKQ0CTSM1");
	assert_string_equal(ulid_format(text, "dlv", &ba),
			    "dlv_7GY7SF7X7NCT0W96QQ0EZ2EPPS");
	assert_int_equal(ulid_wall_ms(&ab), ulid_wall_ms(&a));
}

static void derived_ids_differ_by_either_side(void **state)
{
	struct ulid event = counting(1), webhook = counting(7);
	struct ulid seen[256];
	int n = 0;

	(void)state;
	for (int i = 0; i < 16; i++) {
		event.b[15] = (uint8_t)i;
		for (int j = 0; j < 16; j++) {
			webhook.b[15] = (uint8_t)j;
			seen[n] = ulid_derive(&event, &webhook);
			for (int k = 0; k < n; k++)
				assert_false(ulid_eq(&seen[n], &seen[k]));
			n++;
		}
	}
}

static void text_goes_there_and_back(void **state)
{
	char text[ID_TEXT_SIZE];
	struct ulid u, back;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		u = ulid_new(2000 + (uint64_t)i * 7919);
		ulid_format(text, "evt", &u);
		assert_int_equal(strlen(text), 4 + ULID_TEXT);
		assert_int_equal(ulid_parse(slice_of(text), "evt", &back),
				 ERR_OK);
		assert_true(ulid_eq(&u, &back));
	}
	u = counting(0);
	assert_string_equal(ulid_format(text, "", &u),
			    "00041061050R3GG28A1C60T3GF");
	assert_int_equal(ulid_parse(slice_of(text), "", &back), ERR_OK);
	assert_true(ulid_eq(&u, &back));
	memset(u.b, 0xff, sizeof(u.b));
	assert_string_equal(ulid_format(text, NULL, &u),
			    "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

static void what_is_no_id_is_refused(void **state)
{
	const struct slice bad[] = {
	    SLICE_LIT(""),
	    SLICE_LIT("evt"),
	    SLICE_LIT("evt_"),
	    SLICE_LIT("00041061050R3GG28A1C60T3GF"),
	    SLICE_LIT("dlv_00041061050R3GG28A1C60T3GF"),
	    SLICE_LIT("EVT_00041061050R3GG28A1C60T3GF"),
	    SLICE_LIT("evt-00041061050R3GG28A1C60T3GF"),
	    SLICE_LIT("evt_00041061050R3GG28A1C60T3G"),
	    SLICE_LIT("evt_00041061050R3GG28A1C60T3GFF"),
	    SLICE_LIT("evt_00041061050r3gg28a1c60t3gf"),
	    SLICE_LIT("evt_80041061050R3GG28A1C60T3GF"),
	    SLICE_LIT("evt_00041061050R3GG28A1C60T3GI"),
	    SLICE_LIT("evt_00041061050R3GG28A1C60T3GL"),
	    SLICE_LIT("evt_00041061050R3GG28A1C60T3GO"),
	    SLICE_LIT("evt_00041061050R3GG28A1C60T3GU"),
	    SLICE_LIT("evt_00041061050R3GG28A1C60T3G\0"),
	    SLICE_LIT("evt_00041061050R3GG28A1C60T3G\xff"),
	};
	struct ulid u = counting(3), kept = u;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ulid_parse(bad[i], "evt", &u), ERR_MALFORMED);
	assert_int_equal(ulid_from_slice(SLICE_LIT("short"), &u),
			 ERR_MALFORMED);
	assert_true(ulid_eq(&u, &kept));
	assert_int_equal(ulid_from_slice(ulid_slice(&kept), &u), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(new_ids_only_rise),
	    cmocka_unit_test(derived_ids_are_for_ever),
	    cmocka_unit_test(derived_ids_differ_by_either_side),
	    cmocka_unit_test(text_goes_there_and_back),
	    cmocka_unit_test(what_is_no_id_is_refused),
	    cmocka_unit_test(time_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
