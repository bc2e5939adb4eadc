/*
 * helper_data_test - the helpers of lists, encodings and digests, and how
 * values are printed. SPDX-License-Identifier: Apache-2.0
 */
#include "helper_rows.h"

#include <math.h>

static const struct helper_row list_rows[] = {
    {"join", "['a','b',3],' // '", NULL, "a // b // 3"},
    {"join", "['a','b']", NULL, "a, b"},
    {"join", "'a','b','c','-'", NULL, "a-b-c"},
    {"join", "['a','b'],','", "'prefix':'<','suffix':'>'", "<a,b>"},
    {"join", "[],','", "'prefix':'<'", ""},
    {"join", "null,','", NULL, ""},
    {"join", "['a',['b','c']],'-'", NULL, "a-b,c"},
    {"join", "'a'", NULL, "a"},
    {"split", "'a,b,,c,'", NULL, "['a','b','','c','']"},
    {"split", "'a - b',' - '", NULL, "['a','b']"},
    {"split", "'żó',''", NULL, "['ż','ó']"},
    {"split", "''", NULL, "[]"},
    {"split", "null,','", NULL, "[]"},
    {"split", "12,1", NULL, "['','2']"},
    {"size", "[1,2,3]", NULL, "3"},
    {"size", "{'a':1}", NULL, "1"},
    {"length", "'żółw'", NULL, "4"},
    {"length", "1234", NULL, "4"},
    {"size", "null", NULL, "0"},
    {"first", "[[1],2]", NULL, "[1]"},
    {"first", "[]", NULL, ""},
    {"first", "'żółw'", NULL, "ż"},
    {"last", "[1,'b']", NULL, "b"},
    {"last", "'żółw'", NULL, "w"},
    {"last", "''", NULL, ""},
    {"last", "[]", NULL, ""},
};

static const struct helper_row encode_rows[] = {
    {"urlEncode", "'piña colada+/?~'", NULL, "pi%C3%B1a%20colada%2B%2F%3F~"},
    {"urlEncode", "'a b%20'", "'plus':true", "a+b%2520"},
    {"#urlEncode", "'a&b'", NULL, "a%26b"},
    {"urlEncode", "", NULL, ""},
    {"urlDecode", "'pi%C3%B1a+c%2b'", NULL, "piña c+"},
    {"urlDecode", "'100%, %zz%4'", NULL, "100%, %zz%4"},
    {"urlDecode", "'%ff'", NULL, "!urlDecode: the result is not UTF-8"},
    {"toJson", "'piña \\u0022'", NULL, "\"piña \\\"\""},
    {"json", "{'a':[1.50,null,true,{}]}", NULL, "{\"a\":[1.50,null,true,{}]}"},
    {"json", "null", NULL, "null"},
    {"toUrlEncodedJson", "'piña colada'", NULL, "%22pi%C3%B1a%20colada%22"},
    {"toUrlEncodedJson", "{'field1':'value'}", NULL,
     "%7B%22field1%22%3A%22value%22%7D"},
    {"toUrlEncodedJson", "'a b'", "'plus':true", "%22a+b%22"},
    {"toUrlEncodedJson", "[1,2]", NULL, "%5B1%2C2%5D"},
    {"base64", "'user@example.com'", NULL, "dXNlckBleGFtcGxlLmNvbQ=="},
    {"base64", "'~~?>'", NULL, "fn4/Pg=="},
    {"base64", "'~~?>'", "'url':true", "fn4_Pg"},
    {"base64", "''", NULL, ""},
    {"#base64", "'foobar'", NULL, "Zm9vYmFy"},
    {"base64Decode", "'cGnDsWE='", NULL, "piña"},
    {"base64Decode", "'cGnDsWE'", NULL, "piña"},
    {"base64Decode", "''", NULL, ""},
    {"base64Decode", "'_w'", NULL, "!base64Decode: the result is not UTF-8"},
    {"base64Decode", "'a'", NULL, "!base64Decode: the text is not Base64"},
    {"hexEncode", "'user@example.com'", NULL,
     "75736572406578616d706c652e636f6d"},
};

#define JEFE "what do ya want for nothing?"

static const struct helper_row digest_rows[] = {
    {"md5", "''", NULL, "d41d8cd98f00b204e9800998ecf8427e"},
    {"md5", "'user@example.com'", NULL, "b58996c504c5638798eb6b511e6f49af"},
    {"sha1", "'abc'", NULL, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"#sha1", "'abc'", NULL, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"sha256", "'abc'", NULL,
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha256", "'abc'", "'encoding':'base64'",
     "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
    {"sha256", "'abc'", "'encoding':'x'",
     "!encoding= is neither hex nor base64"},
    {"sha512", "'abc'", NULL,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    /* RFC 2202 and RFC 4231, case 2 */
    {"hmacSHA1", "'Jefe','" JEFE "'", NULL,
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {"hmacSHA256", "'Jefe','" JEFE "'", NULL,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"#hmacSHA256", "'Jefe','" JEFE "'", NULL,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"hmacSHA256", "'" JEFE "'", "'key':'Jefe'",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"hmacSHA512", "'Jefe','" JEFE "'", NULL,
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    {"hmacSHA256", "'k',''", "'encoding':'base64'",
     "i7mQxAp9YcuXWXqUISUCW+UKyL63RDbjc1uYiTp/ZiA="},
    {"hmacSHA256", "'text'", NULL, "!an HMAC takes a key and a text"},
    {"hmacSHA256", "'','text'", NULL, "!the key of an HMAC is empty"},
};

static void lists_are_lists(void **state)
{
	(void)state;
	check_rows(list_rows);
}

static void encodings_are_right(void **state)
{
	(void)state;
	check_rows(encode_rows);
}

static void digests_are_right(void **state)
{
	(void)state;
	check_rows(digest_rows);
}

static void lists_are_bounded(void **state)
{
	static char args[20010];
	struct helper_row row = {"split", args, NULL, "!split: too many parts"};

	(void)state;
	args[0] = '\'';
	memset(args + 1, ',', 10000);
	args[10001] = '\'';
	check_row(&row, 1 << 20);
}

static void numbers_are_printed_as_javascript_does(void **state)
{
	static const struct {
		double number;
		const char *text;
	} rows[] = {{0.1 + 0.2, "0.30000000000000004"},
		    {1e21, "1e+21"},
		    {1e20, "100000000000000000000"},
		    {4611686018427387904.0, "4611686018427388000"},
		    {5e-324, "5e-324"},
		    {-0.0, "0"},
		    {1.5e-7, "1.5e-7"},
		    {0.000001, "0.000001"},
		    {-1234.5, "-1234.5"},
		    {1.7976931348623157e308, "1.7976931348623157e+308"},
		    {123456789012345680000.0, "123456789012345680000"},
		    {100, "100"},
		    {NAN, "NaN"},
		    {-INFINITY, "-Infinity"}};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct value *v =
		    value_new_number(&arena, rows[i].number);
		char *s = slice_dup(value_text(v, &arena));

		assert_string_equal(s, rows[i].text);
		free(s);
	}
	assert_true(slice_eq_str(
	    value_json(value_new_number(&arena, NAN), &arena), "null"));
	arena_fini(&arena);
}

static void values_are_true_as_handlebars_says(void **state)
{
	struct document *d = document_new();
	const struct value *v =
	    document_read(d, NULL,
			  SLICE_LIT("{\"no\":[0,0.0,-0,\"\",[],null,false],"
				    "\"yes\":[1,1e-9,\"0\",[0],{},true]}"));
	const struct value *no = value_member(v, SLICE_LIT("no"));

	(void)state;
	for (const struct value *e = no->first; e; e = e->next)
		assert_false(value_is_true(e));
	for (const struct value *e = no->next->first; e; e = e->next)
		assert_true(value_is_true(e));
	assert_false(value_is_true(value_missing()));
	assert_false(value_is_true(value_null()));
	assert_true(value_missing() != value_null());
	assert_true(value_is_true(value_bool(true)));
	document_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_are_lists),
	    cmocka_unit_test(encodings_are_right),
	    cmocka_unit_test(digests_are_right),
	    cmocka_unit_test(lists_are_bounded),
	    cmocka_unit_test(numbers_are_printed_as_javascript_does),
	    cmocka_unit_test(values_are_true_as_handlebars_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
