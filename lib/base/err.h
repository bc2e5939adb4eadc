/*
 * err - every error our own functions return, defined once.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERRORS(E)                            \
	E(OK, "ok")                          \
	E(MALFORMED, "malformed")            \
	E(TOO_LARGE, "too large")            \
	E(TOO_DEEP, "nested too deeply")     \
	E(DUPLICATE_KEY, "duplicate key")    \
	E(BAD_UTF8, "invalid UTF-8")         \
	E(BAD_VALUE, "value out of bounds")  \
	E(UNKNOWN_FIELD, "unknown field")    \
	E(MISSING_FIELD, "missing field")    \
	E(NOT_FOUND, "not found")            \
	E(FULL, "full")                      \
	E(AGAIN, "try again")                \
	E(CLOSED, "closed")                  \
	E(FENCED, "lease lost")              \
	E(VERSION, "version not understood") \
	E(REFUSED, "refused")                \
	E(IO, "input or output failed")      \
	E(CRYPTO, "cryptographic operation failed")

enum err {
#define E(name, text) ERR_##name,
	ERRORS(E)
#undef E
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* The error's text: static, never NULL. */
const char *err_text(enum err e);

#endif
