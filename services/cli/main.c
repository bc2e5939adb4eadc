/*
 * postrider - the command line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/no_dump.h"
#include "commands.h"

int main(int argc, char **argv)
{
	/* It has the admin key; `up` also the master key. */
	forbid_dumps();
	return commands_main(argc, argv);
}
