/*
 * net_packet - what net_hosts reads of a packet and changes in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOOLS_NET_PACKET_H
#define TOOLS_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>

/* A whole IPv4 header. */
bool packet_is_ipv4(const unsigned char *bytes, size_t n);
/* The last of the four numbers of where it is to go; of IPv4 only. */
unsigned packet_to_octet(const unsigned char *bytes);
/* Of IPv4 only. A TCP segment becomes a RST with a right checksum; anything
 * else stays as it is. Its number stays, too, so that its receiver takes it. */
void packet_make_reset(unsigned char *bytes, size_t n);

#endif
