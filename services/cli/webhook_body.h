/*
 * webhook_body - a webhook's JSON out of flags.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_WEBHOOK_BODY_H
#define CLI_WEBHOOK_BODY_H

#include <jansson.h>

#include "args.h"
#include "webhook_journey.h"

struct webhook_flags {
	const char *project, *body, *name, *url, *enabled, *basic, *bearer;
	const char *oauth2; /* the id of a credential */
	const char *signing, *signing_algorithm, *retry_delays, *content_type;
	const char *tls_cert, *tls_key, *tls_ca;
	const char *filter, *ordering, *kind, *keep_answer;
	struct journey_flags journey;
	struct args_list event_names, headers, secrets;
	int64_t concurrency, rate, timeout_ms; /* -1: not given */
	int64_t batch_events, batch_wait_ms;
};

#define WEBHOOK_FLAGS(f)                                                      \
	FLAG_PROJECT(&(f)->project),                                          \
	    FLAGS_STR("body", "JSON|FILE|-", &(f)->body,                      \
		      "the whole document; the flags below go on top"),       \
	    FLAGS_STR("name", "NAME", &(f)->name, "its name in the project"), \
	    FLAGS_STR("kind", "system|journey", &(f)->kind,                   \
		      "what calls it: events (the default), or journeys"),    \
	    FLAGS_STR("url", "URL", &(f)->url, "where to deliver"),           \
	    FLAGS_LIST("event-name", "NAME", &(f)->event_names,               \
		       "one it wants; again for more (create: *)"),           \
	    FLAGS_STR("filter", "JSON|FILE|-", &(f)->filter,                  \
		      "which of those; {} takes it away"),                    \
	    FLAGS_LIST("header", "NAME: VALUE", &(f)->headers,                \
		       "a header of its requests; again for more"),           \
	    FLAGS_STR("enabled", "true|false", &(f)->enabled,                 \
		      "deliver or not"),                                      \
	    FLAGS_STR("basic", "USER:PASSWORD", &(f)->basic,                  \
		      "Basic authentication; better in --body"),              \
	    FLAGS_STR("bearer", "TOKEN", &(f)->bearer,                        \
		      "bearer authentication; better in --body"),             \
	    FLAGS_STR("oauth2", "CREDENTIAL", &(f)->oauth2,                   \
		      "access tokens of this credential, its id or name"),    \
	    FLAGS_STR("signing", "true|false", &(f)->signing,                 \
		      "Standard Webhooks signatures"),                        \
	    FLAGS_LIST("secret", "whsec_…|whsk_…", &(f)->secrets,             \
		       "a signing secret; better in --body"),                 \
	    FLAGS_STR("signing-algorithm", "NAME", &(f)->signing_algorithm,   \
		      "hmac-sha256 or ed25519, of a secret that is made"),    \
	    FLAGS_STR("tls-cert", "FILE", &(f)->tls_cert,                     \
		      "client certificate in PEM, its chain behind it"),      \
	    FLAGS_STR("tls-key", "FILE", &(f)->tls_key,                       \
		      "its private key in PEM, without a passphrase"),        \
	    FLAGS_STR("tls-ca", "FILE", &(f)->tls_ca,                         \
		      "roots in PEM to trust instead of the usual ones"),     \
	    FLAGS_STR("content-type", "TYPE", &(f)->content_type,             \
		      "of its requests"),                                     \
	    FLAGS_STR("retry-delays", "S,S,…", &(f)->retry_delays,            \
		      "seconds before each further try"),                     \
	    FLAGS_STR("ordering", "none|key", &(f)->ordering,                 \
		      "key: events of one ordering key in their order"),      \
	    FLAGS_INT("rate", "N", &(f)->rate, 0, 1000000,                    \
		      "requests a second at most; 0: no limit"),              \
	    FLAGS_INT("concurrency", "N", &(f)->concurrency, 1, 1000000,      \
		      "requests at a time"),                                  \
	    FLAGS_INT("timeout-ms", "MS", &(f)->timeout_ms, 1, 3600000,       \
		      "for a whole request"),                                 \
	    FLAGS_INT("batch-events", "N", &(f)->batch_events, 0, 1000,       \
		      "so many events in one request; 0: no batches"),        \
	    FLAGS_INT("batch-wait-ms", "MS", &(f)->batch_wait_ms, 0, 60000,   \
		      "how long the first of them may wait"),                 \
	    FLAGS_STR("keep-answer", "true|false", &(f)->keep_answer,         \
		      "keep the beginning of answers with the attempts"),     \
	    JOURNEY_FLAGS(&(f)->journey)

/* The flags' defaults. */
struct webhook_flags webhook_flags_init(void);
/* A new object, or NULL after an error line. */
json_t *webhook_body(const struct webhook_flags *f);

#endif
