/*
 * ingest_link - a connection to ingest, as the settings say.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest_link.h"

#include <errno.h>
#include <string.h>

#include "curve/certificate.h"

struct link_keys {
	char server[CURVE_TEXT_SIZE];
	struct curve_pair own;
};

static bool wrong(const char *variable, const char *what)
{
	cli_error(CLI_USAGE, "%s: %s", variable, what);
	return false;
}

/* The public key itself, or the file of its certificate. */
static bool server_key(const char *text, char out[CURVE_TEXT_SIZE])
{
	const char *fault = NULL;

	return curve_key_parse(out, slice_of(text)) ||
	       postrider_certificate(text, out, NULL, &fault) ||
	       wrong("POSTRIDER_CLI_SERVER_KEY", fault);
}

static bool take_keys(const struct settings *s, struct link_keys *k)
{
	const char *fault = NULL;

	if (!s->cli_server_key[0])
		return !s->cli_curve_key ||
		       wrong("POSTRIDER_CLI_CURVE_KEY",
			     "needs POSTRIDER_CLI_SERVER_KEY");
	if (!s->cli_curve_key)
		return wrong("POSTRIDER_CLI_SERVER_KEY",
			     "needs POSTRIDER_CLI_CURVE_KEY");
	if (certificate_pair(&k->own, slice_of(s->cli_curve_key), &fault) !=
	    ERR_OK)
		return wrong("POSTRIDER_CLI_CURVE_KEY", fault);
	return server_key(s->cli_server_key, k->server);
}

struct postrider *ingest_link(struct cli *cli, struct postrider_options options)
{
	struct link_keys keys = {.server = ""};
	struct postrider *p;

	options.endpoint = settings_publish_endpoint(&cli->settings);
	if (!take_keys(&cli->settings, &keys))
		return NULL;
	if (keys.server[0]) {
		options.server_key = keys.server;
		options.secret_key = keys.own.secret_key;
	}
	p = postrider_open(&options);
	if (!p)
		cli_error(CLI_USAGE, "%s: %s", options.endpoint,
			  strerror(errno));
	curve_pair_wipe(&keys.own);
	return p;
}
