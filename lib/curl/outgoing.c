/*
 * outgoing - what is made of the settings of whoever makes requests.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/outgoing.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "curl/source.h"

static void read_addresses(struct outgoing *s)
{
	const struct common_conf *common = s->common;
	struct slice bad;

	/* Looked at with the other settings. */
	must(target_rules_parse(&s->rules, common->allow_nets, common->dev,
				&bad) == ERR_OK);
	must(egress_sources_parse(&s->sources, common->egress_source, &bad) ==
	     ERR_OK);
	/* Better now than at every attempt. */
	if (source_check(&s->sources) != ERR_OK)
		fatal(2, "%s: POSTRIDER_EGRESS_SOURCE: cannot send from %s: %s",
		      s->program, common->egress_source, strerror(errno));
}

bool outgoing_read(struct outgoing *s, char *error, size_t error_size)
{
	const char *key = s->common->master_key;

	read_addresses(s);
	if (key && seal_key_parse(slice_of(key), s->key) != ERR_OK) {
		(void)snprintf(error, error_size,
			       "POSTRIDER_MASTER_KEY: 64 hex digits are "
			       "expected");
		return false;
	}
	s->master_key = key ? s->key : NULL;
	if (!s->ca_file || !*s->ca_file)
		return true;
	s->trust = trust_open(s->ca_setting, s->ca_file, error, error_size);
	return s->trust != NULL;
}

void outgoing_fini(struct outgoing *s)
{
	trust_close(&s->trust);
	OPENSSL_cleanse(s->key, sizeof(s->key));
}
