/*
 * tls_fault_test - texts of libcurl, as they came.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "curl/tls_fault.h"

static void texts(void **state)
{
	static const struct {
		const char *text;
		enum fault want;
	} rows[] = {
	    {"", FAULT_NONE},
	    {"getpeername() failed with errno 107: Transport endpoint is not "
	     "connected",
	     FAULT_NONE},
	    {"OpenSSL SSL_read: OpenSSL/3.0.19: error:0A00045C:SSL "
	     "routines::tlsv13 alert certificate required, errno 0",
	     FAULT_TLS_CLIENT},
	    {"OpenSSL/3.0.19: error:0A000418:SSL routines::tlsv1 alert unknown "
	     "ca",
	     FAULT_TLS_CLIENT},
	    {"SSL certificate verification failed", FAULT_TLS_CLIENT},
	    {"SSL certificate problem: certificate has expired", FAULT_NONE},
	    {"OpenSSL/3.0.19: error:0A000410:SSL routines::sslv3 alert "
	     "handshake failure",
	     FAULT_TLS},
	    {"OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version "
	     "number",
	     FAULT_NONE},
	    {"OpenSSL/3.0.19: error:06880006:asn1 encoding routines::EVP lib",
	     FAULT_TLS_CERTIFICATE},
	    {"error:", FAULT_NONE},
	    {"error:zzzz", FAULT_NONE},
	    {"error:ffffffffffffffffffffff", FAULT_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(tls_fault(rows[i].text), rows[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(texts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
