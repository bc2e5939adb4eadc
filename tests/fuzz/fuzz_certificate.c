/*
 * fuzz_certificate - certificate files, down to what is written of them again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "curve/certificate.h"

#include "fuzz.h"

/* What was read, written in the plainest way, reads the same. */
static void again(const struct certificate *c)
{
	static char text[CERTIFICATE_BYTES_MAX];
	struct certificate same;
	const char *fault;
	int n;

	/* A quote of either kind may stand in a value, but not both. */
	if (strpbrk(c->name, "\"'\n") || strpbrk(c->role, "\"'\n") ||
	    strpbrk(c->projects, "\"'\n"))
		return;
	n = snprintf(text, sizeof(text),
		     "metadata\n name=\"%s\"\n role=\"%s\"\n project=\"%s\"\n"
		     "curve\n public-key=\"%s\"\n",
		     c->name, c->role, c->projects, c->keys.public_key);
	must(certificate_parse(&same, slice_bytes(text, (size_t)n), &fault) ==
	     ERR_OK);
	must(strcmp(same.name, c->name) == 0);
	must(strcmp(same.role, c->role) == 0);
	must(strcmp(same.projects, c->projects) == 0);
	must(strcmp(same.keys.public_key, c->keys.public_key) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_bytes(data, size);
	const char *fault = NULL;
	struct curve_pair pair = {.secret_key = ""};
	struct certificate c;

	if (certificate_parse(&c, text, &fault) == ERR_OK)
		again(&c);
	else
		must(fault && c.keys.public_key[0] == '\0');
	must(certificate_pair(&pair, text, &fault) != ERR_OK ||
	     strlen(pair.public_key) == CURVE_TEXT_CHARS);
	return 0;
}
