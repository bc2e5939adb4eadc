/*
 * helper_text_test - the helpers of texts and of choices.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "helper_rows.h"

static const struct helper_row text_rows[] = {
    {"upper", "'Straße é'", NULL, "STRASSE É"},
    {"upper", "'a\\u0000b'", NULL, "A"}, /* as far as C prints it */
    {"upper", "12", NULL, "12"},
    {"upper", "null", NULL, ""},
    {"upper", "", NULL, ""},
    {"upper", "['a',1,null,{}]", NULL, "A,1,,[OBJECT OBJECT]"},
    {"#upper", "'block'", NULL, "BLOCK"},
    {"lower", "'FItErAbLE ÄÖ'", NULL, "fiterable äö"},
    {"lower", "true", NULL, "true"},
    {"capitalizeFirst", "'blueberry scone'", NULL, "Blueberry scone"},
    {"capitalizeFirst", "'éclair'", NULL, "Éclair"},
    {"capitalizeFirst", "''", NULL, ""},
    {"capitalize", "'my fIRST  post'", NULL, "My FIRST  Post"},
    {"capitalize", "'my fIRST post'", "'fully':true", "My First Post"},
    {"capitalize", "'my fIRST'", "'fully':'false'", "My FIRST"},
    {"trim", "' \\t a b \\u00a0\\n'", NULL, "a b"},
    {"trim", "'  '", NULL, ""},
    {"cut", "'pancakes','pan'", NULL, "cakes"},
    {"cut", "'a b c'", NULL, "abc"},
    {"cut", "'abc',''", NULL, "abc"},
    {"replace", "'The cat of summer','summer','winter'", NULL,
     "The cat of winter"},
    {"replace", "'aaa','a','bb'", NULL, "bbbbbb"},
    {"replace", "'aaa','','b'", NULL, "aaa"},
    {"replace", "'aaa','a'", NULL, ""},
    {"replace", "10203,0,'-'", NULL, "1-2-3"},
    {"substring", "'Handlebars.java',11", NULL, "java"},
    {"substring", "'Handlebars.java',0,10", NULL, "Handlebars"},
    {"substring", "'żółw',1,3", NULL, "ół"},
    {"substring", "'abc',-2,2", NULL, "ab"},
    {"substring", "'abc',2,1", NULL, ""},
    {"substring", "'abc',7", NULL, ""},
    {"substring", "'abc'", NULL, "abc"},
    {"substring", "'abc','1'", NULL, "bc"},
    {"substring", "'abc',1e300", NULL, ""},
    {"substring", "'abc','x'", NULL, "!substring: a place is no number"},
    {"substring", "null,1", NULL, ""},
    {"abbreviate", "'chocolate',7", NULL, "choc..."},
    {"abbreviate", "'Handlebars rocks',13", NULL, "Handlebars..."},
    {"abbreviate", "'żółć',4", NULL, "żółć"},
    {"abbreviate", "'żółćż',4", NULL, "ż..."},
    {"abbreviate", "'abc',3", NULL,
     "!abbreviate: the width is no number from 4"},
    {"abbreviate", "'abc',null", NULL,
     "!abbreviate: the width is no number from 4"},
    {"slugify", "'Joel is a slug'", NULL, "joel-is-a-slug"},
    {"slugify", "' lil\\u0027 café milk frother 2.0'", NULL,
     "lil-café-milk-frother-"},
    {"center", "'Hi there'", "'size':20,'pad':'-'", "------Hi there------"},
    {"center", "'abc'", "'size':8,'pad':'*'", "**abc***"},
    {"center", "'abc',6", NULL, " abc  "},
    {"center", "'abc'", "'size':2", "abc"},
    {"center", "'abc'", NULL, "!size= is no number"},
    {"center", "'é'", "'size':3,'pad':''", " é "},
    {"ljust", "'ab'", "'size':5,'pad':'.'", "ab..."},
    {"rjust", "'ab'", "'size':5,'pad':'xy'", "xyxab"},
    {"rjust", "7,3", "'pad':0", "007"},
    {"stripTags", "'<b>bold</b> 1 < 2'", NULL, "bold 1 < 2"},
    {"breaklines", "'a\\nb\\r\\n<c>'", NULL, "a<br/>b<br/>&lt;c&gt;"},
    {"#breaklines", "'a\\n&lt;b>'", NULL, "a<br/>&lt;b>"},
};

static const struct helper_row choice_rows[] = {
    {"eq", "1,1.0", NULL, "true"},
    {"eq", "1,'1'", NULL, "false"},
    {"eq", "'a','a'", NULL, "true"},
    {"eq", "[1,{'a':2}],[1,{'a':2}]", NULL, "true"},
    {"eq", "null,null", NULL, "true"},
    {"eq", "null", NULL, "true"},
    {"eq", "1,2", "'yes':'Y','no':'N'", "N"},
    {"eq", "2,2", "'yes':'Y'", "Y"},
    {"#eq", "2,1", "'no':'N'", "false"},
    {"ne", "1,2", NULL, "true"},
    {"neq", "'a','a'", NULL, "false"},
    {"ifEq", "1,'1.0'", NULL, "true"},
    {"ifEq", "'','0'", NULL, "false"},
    {"ifEq", "0,''", NULL, "false"},
    {"ifEq", "'x',1", NULL, "false"},
    {"ifEq", "true,'true'", NULL, "false"},
    {"ifNotEq", "1,'1'", NULL, "false"},
    {"gt", "2,1", NULL, "true"},
    {"gt", "9007199254740993,9007199254740992", NULL, "true"},
    {"gt", "'10','9'", NULL, "false"},
    {"gt", "'10',9", NULL, "true"},
    {"gt", "null,1", NULL, "false"},
    {"gt", "[2],[1]", NULL, "false"},
    {"gte", "2,2", NULL, "true"},
    {"gte", "true,true", NULL, "false"},
    {"lt", "'apple','zebra'", NULL, "true"},
    {"lt", "1.5,1", NULL, "false"},
    {"lt", "'x',1", NULL, "false"},
    {"lte", "1,1", "'yes':'few'", "few"},
    {"ifGt", "'10','9'", NULL, "true"},
    {"ifGt", "'b','a'", NULL, "true"},
    {"ifGte", "'20261126222001','20261026222001'", NULL, "true"},
    {"ifGte", "9,'9'", NULL, "true"},
    {"ifLt", "' 8 ','10'", NULL, "true"},
    {"ifLte", "'10','9'", NULL, "false"},
    {"ifModEq", "60,30,0", NULL, "true"},
    {"ifModEq", "61,30,0", NULL, "false"},
    {"ifModEq", "1,0,0", NULL, "false"},
    {"ifModEq", "'x',2,0", NULL, "false"},
    {"and", "1,'a',[0]", NULL, "true"},
    {"and", "1,0", NULL, "false"},
    {"and", "", NULL, "false"},
    {"or", "0,'',[],null,false", NULL, "false"},
    {"or", "0,{}", NULL, "true"},
    {"not", "0.0", "'yes':'none'", "none"},
    {"not", "'x'", NULL, "false"},
    {"contains", "['a',1,'2'],2", NULL, "true"},
    {"contains", "['a'],'b'", NULL, "false"},
    {"contains", "'abc','bc'", NULL, "true"},
    {"ifContains", "[{'n':1}],{'n':1}", NULL, "true"},
    {"ifContainsStr", "'abc','d'", NULL, "false"},
    {"ifContainsStr", "null,'d'", NULL, "false"},
    {"ifContainsStr", "'abc',''", NULL, "true"},
    {"ifContainsStr", "['a','b'],'a,b'", NULL, "true"},
    {"ifMatchesRegexStr", "'Pippin','[Pp]ippin'", NULL, "true"},
    {"ifMatchesRegexStr", "'My Pippin','[Pp]ippin'", NULL, "false"},
    {"ifMatchesRegexStr", "'ŻÓŁW','\\\\w{4}'", NULL, "true"},
    {"ifMatchesRegexStr", "null,''", NULL, "true"},
    {"ifMatchesRegexStr", "'ab','a|ab'", NULL, "true"},
    {"ifMatchesRegexStr", "'x','('", NULL,
     "!the regular expression is not valid"},
    {"ifMatchesRegexStr", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!b','(a|aa)+b.*'",
     NULL, "!the regular expression takes too long"},
    {"ifMatchesRegexStr", "'x','\\\\C'", NULL,
     "!the regular expression is not valid"},
    {"default", "null,'','b'", NULL, "b"},
    {"default", "0,'b'", NULL, "0"},
    {"default", "null,null", NULL, ""},
    {"defaultIfEmpty", "'','there'", NULL, "there"},
    {"defaultIfEmpty", "0,[],'x','y'", NULL, "x"},
    {"defaultIfEmpty", "'Ada','there'", NULL, "Ada"},
    {"defaultIfEmpty", "null", NULL, ""},
    {"yesno", "true", NULL, "yes"},
    {"yesno", "false", "'no':'nope'", "nope"},
    {"yesno", "null", NULL, "maybe"},
};

static void texts_are_shaped(void **state)
{
	(void)state;
	check_rows(text_rows);
}

static void choices_are_made(void **state)
{
	(void)state;
	check_rows(choice_rows);
}

static void results_are_bounded(void **state)
{
	static const struct helper_row rows[] = {
	    {"upper", "'abcdefghi'", NULL, "!the result is too large"},
	    {"trim", "'abcdefghi'", NULL, "!the result is too large"},
	    {"replace", "'aaa','a','xxxx'", NULL, "!the result is too large"},
	    {"center", "'a'", "'size':2000000000", "!the result is too large"},
	    {"rjust", "'a',1e308", NULL, "!the result is too large"},
	    {"breaklines", "'\\n\\n'", NULL, "!the result is too large"},
	    {"trim", "'abcdefgh'", NULL, "abcdefgh"},
	    {"json", "[1,2,3,4]", NULL, "!the result is too large"},
	    {"join", "[1,2],'-------'", NULL, "!the result is too large"},
	    {"split", "'123456789'", NULL, "!the result is too large"},
	    {"sha1", "''", NULL, "!the result is too large"},
	    {"base64", "'1234567'", NULL, "!the result is too large"},
	    {"toUrlEncodedJson", "'a'", NULL, "%22a%22"},
	    {"toUrlEncodedJson", "'aaaaaaaaa'", NULL,
	     "!the result is too large"},
	    {"now", "", NULL, "!the result is too large"},
	    {"numberFormat", "1e300", NULL, "!the result is too large"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i], 8);
}

static void unknown_names_are_not_found(void **state)
{
	(void)state;
	assert_null(helper_find(SLICE_LIT("")));
	assert_null(helper_find(SLICE_LIT("Upper")));
	assert_null(helper_find(SLICE_LIT("uppe")));
	assert_null(helper_find(SLICE_LIT("upper ")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_shaped),
	    cmocka_unit_test(choices_are_made),
	    cmocka_unit_test(results_are_bounded),
	    cmocka_unit_test(unknown_names_are_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
