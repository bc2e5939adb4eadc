/*
 * no_dump - what is in memory stays there.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_NO_DUMP_H
#define BASE_NO_DUMP_H

/* No core dump of this process, to a file or to a program, at any log level: it
 * would hold secrets. No other user's debugger either, and a child has at least
 * no core file. First thing in a program. */
void forbid_dumps(void);

#endif
