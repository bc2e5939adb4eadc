/*
 * ingest_link - a connection to ingest, as the settings say.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_INGEST_LINK_H
#define CLI_INGEST_LINK_H

#include "cli.h"
#include "client/postrider.h"

/* endpoint and keys of the options are filled in. NULL after an error line:
 * wrong usage. */
struct postrider *ingest_link(struct cli *cli,
			      struct postrider_options options);

#endif
