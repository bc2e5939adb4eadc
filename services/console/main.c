/*
 * postrider-console - the REST API, and the test inbox.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console.h"

int main(int argc, char **argv)
{
	struct console console = {0};
	const struct service service = {
	    .name = "console",
	    .what = "the REST API, and the test inbox",
	    .conf = console_conf,
	    .state = &console,
	    .start = console_start,
	    .drain = console_drain,
	    .stop = console_stop,
	};

	return service_main(&service, argc, argv);
}
