/*
 * bulk - calls that work in parts: again with the cursor until all is done.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_BULK_H
#define CLI_BULK_H

#include <stdint.h>

#include "args.h"
#include "cli.h"

/* The flags of a command that names a webhook and some of its deliveries. */
struct bulk_flags {
	const char *project, *webhook, *since, *until;
	struct args_list event_names;
	int64_t limit; /* 0: all */
};

#define BULK_FLAGS(f)                                                         \
	FLAG_PROJECT(&(f).project),                                           \
	    FLAGS_STR("webhook", "WEBHOOK", &(f).webhook,                     \
		      "its id or its name"),                                  \
	    FLAGS_STR("since", "TIME", &(f).since, "from then on, RFC 3339"), \
	    FLAGS_STR("until", "TIME", &(f).until, "up to then, RFC 3339"),   \
	    FLAGS_LIST("event-name", "NAME", &(f).event_names,                \
		       "only of these events; may be given again"),           \
	    FLAGS_INT("limit", "N", &(f).limit, 1, INT64_MAX,                 \
		      "at most so many (all)")

/* The project is known. POSTs to the webhook's action, "replay" or "cancel",
 * and prints the sum of what the answers count under this name. status: NULL,
 * none is sent. */
int bulk_run(struct cli *cli, const struct bulk_flags *flags,
	     const char *action, const char *counted, const char *status);

#endif
