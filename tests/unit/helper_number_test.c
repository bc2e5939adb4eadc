/*
 * helper_number_test - the helpers of numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "helper_rows.h"

static const struct helper_row math_rows[] = {
    {"math", "30,'+',2", NULL, "32"},
    {"math", "0.1,'+',0.2", NULL, "0.30000000000000004"},
    {"math", "'30','-','2'", NULL, "28"},
    {"math", "30,'*',3", NULL, "90"},
    {"math", "30,'/',4", NULL, "7.5"},
    {"math", "35,'%',17", NULL, "1"},
    {"math", "-7,'%',3", NULL, "-1"},
    {"math", "2,'^',10", NULL, "1024"},
    {"math", "10,'/',3", "'scale':2", "3.33"},
    {"math", "2,'/',3", "'scale':'2'", "0.67"},
    {"math", "1,'*',2", "'scale':2", "2.00"},
    {"math", "1.005,'*',1", "'scale':2", "1.01"},
    {"math", "-0.004,'*',1", "'scale':2", "0.00"},
    {"math", "1,'*',2", "'scale':-1", "!math: scale= is no number of places"},
    {"math", "1,'/',0", NULL, "!math: division by zero"},
    {"math", "1,'%',0", NULL, "!math: division by zero"},
    {"math", "10,'^',400", NULL, "!math: the result is no number"},
    {"math", "-1,'^',0.5", NULL, "!math: the result is no number"},
    {"math", "1,'+',null", NULL, "!math takes two numbers"},
    {"math", "'1e','+',1", NULL, "!math takes two numbers"},
    {"math", "'0x10','+',1", NULL, "!math takes two numbers"},
    {"math", "'nan','+',1", NULL, "!math takes two numbers"},
    {"math", "' +1.e1 ','+','.5'", NULL, "10.5"},
    {"math", "1,'+-',1", NULL, "!math knows + - * / % and ^"},
    {"math", "1,'',1", NULL, "!math knows + - * / % and ^"},
    {"math", "1,'\\u0000',1", NULL, "!math knows + - * / % and ^"},
};

static const struct helper_row format_rows[] = {
    {"numberFormat", "1234567.8915", NULL, "1,234,567.892"},
    {"numberFormat", "1234", NULL, "1,234"},
    {"numberFormat", "0.5", NULL, "0.5"},
    {"numberFormat", "0", NULL, "0"},
    {"numberFormat", "'29.99','currency'", NULL, "$29.99"},
    {"numberFormat", "29.9,'currency','en_US'", NULL, "$29.90"},
    {"numberFormat", "-1234.5,'currency'", NULL, "-$1,234.50"},
    {"numberFormat", "0.23,'percent'", NULL, "23%"},
    {"numberFormat", "1.005,'percent'", "'maxFractionDigits':1", "100.5%"},
    {"numberFormat", "12,'PERCENT'", NULL, "1,200%"},
    {"numberFormat", "2.5,'integer'", NULL, "2"},
    {"numberFormat", "3.5,'integer'", NULL, "4"},
    {"numberFormat", "2.5,'integer'", "'roundingMode':'half_up'", "3"},
    {"numberFormat", "2.5,'integer'", "'roundingMode':'half_down'", "2"},
    {"numberFormat", "2.51,'integer'", "'roundingMode':'half_down'", "3"},
    {"numberFormat", "2.1,'integer'", "'roundingMode':'up'", "3"},
    {"numberFormat", "-2.1,'integer'", "'roundingMode':'up'", "-3"},
    {"numberFormat", "2.9,'integer'", "'roundingMode':'down'", "2"},
    {"numberFormat", "-2.9,'integer'", "'roundingMode':'ceiling'", "-2"},
    {"numberFormat", "-2.1,'integer'", "'roundingMode':'FLOOR'", "-3"},
    {"numberFormat", "0.0001,'integer'", "'roundingMode':'up'", "1"},
    {"numberFormat", "2.5", "'roundingMode':'sideways'",
     "!numberFormat: an option is not valid"},
    {"numberFormat", "178.0787402", "'maximumFractionDigits':3", "178.079"},
    {"numberFormat", "178.07", "'minimumFractionDigits':5", "178.07000"},
    {"numberFormat", "1.5", "'minFractionDigits':2", "1.50"},
    {"numberFormat", "1.5", "'maxFractionDigits':999",
     "!numberFormat: an option is not valid"},
    {"numberFormat", "200000000", "'groupingUsed':true", "200,000,000"},
    {"numberFormat", "1234.5", "'groupingUsed':false", "1234.5"},
    {"numberFormat", "1234.5", "'groupingUsed':'false'", "1234.5"},
    {"numberFormat", "7", "'minimumIntegerDigits':3", "007"},
    {"numberFormat", "1234.5678,'#,##0.00'", NULL, "1,234.57"},
    {"numberFormat", "1234.5678,'#,###.00'", NULL, "1,234.57"},
    {"numberFormat", "0.5,'#.00'", NULL, ".50"},
    {"numberFormat", "5,'000'", NULL, "005"},
    {"numberFormat", "1234.5,'0.###'", NULL, "1234.5"},
    {"numberFormat", "0.256,'#0.0%'", NULL, "25.6%"},
    {"numberFormat", "3,'0 \\u0027pcs\\u0027'", NULL, "3 pcs"},
    {"numberFormat", "3,'€0.0;(0.0)'", NULL, "€3.0"},
    {"numberFormat", "9.995,'0.00'", NULL, "10.00"},
    {"numberFormat", "0.005,'0.00'", NULL, "0.00"},
    {"numberFormat", "0.0051,'0.00'", NULL, "0.01"},
    {"numberFormat", "1.005,'0.00'", "'roundingMode':'half_up'", "1.01"},
    {"numberFormat", "9223372036854775807,'0'", NULL, "9223372036854775807"},
    {"numberFormat", "-9223372036854775808,'0'", NULL, "-9223372036854775808"},
    {"numberFormat", "1e21,'#,##0'", NULL, "1,000,000,000,000,000,000,000"},
    {"numberFormat", "1", "'format':'0.0'", "1.0"},
    {"numberFormat", "1,'pattern'", NULL, "!numberFormat: unknown format"},
    {"numberFormat", "1,'#,'", NULL, "!numberFormat: unknown format"},
    {"numberFormat", "1,'0#'", NULL, "!numberFormat: unknown format"},
    {"numberFormat", "1,'0.#0'", NULL, "!numberFormat: unknown format"},
    {"numberFormat", "1,'.'", NULL, "!numberFormat: unknown format"},
    {"numberFormat", "'x'", NULL, "!numberFormat: the value is no number"},
    {"numberFormat", "true", NULL, "!numberFormat: the value is no number"},
    {"numberFormat", "null", NULL, ""},
    {"numberFormat", "''", NULL, ""},
};

static void sums_are_right(void **state)
{
	(void)state;
	check_rows(math_rows);
}

static void numbers_are_formatted(void **state)
{
	(void)state;
	check_rows(format_rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_are_right),
	    cmocka_unit_test(numbers_are_formatted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
