/*
 * net_packet - what net_hosts reads of a packet and changes in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net_packet.h"

#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>

bool packet_is_ipv4(const unsigned char *bytes, size_t n)
{
	return n >= sizeof(struct iphdr) && bytes[0] >> 4 == 4;
}

unsigned packet_to_octet(const unsigned char *bytes)
{
	return bytes[19];
}

/* What the checksum becomes when one 16-bit word changes (RFC 1624). */
static uint16_t changed_sum(uint16_t sum, uint16_t was, uint16_t is)
{
	uint32_t s = (uint16_t)~sum + (uint32_t)(uint16_t)~was + (uint32_t)is;

	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

void packet_make_reset(unsigned char *bytes, size_t n)
{
	size_t at = (size_t)(bytes[0] & 15) * 4;
	uint16_t was, is, sum;
	unsigned char *tcp = bytes + at;

	if (bytes[9] != IPPROTO_TCP || n < at + sizeof(struct tcphdr))
		return;
	memcpy(&was, tcp + 12, 2);
	tcp[13] = (unsigned char)((tcp[13] & TH_ACK) | TH_RST);
	memcpy(&is, tcp + 12, 2);
	memcpy(&sum, tcp + 16, 2);
	sum = changed_sum(sum, was, is);
	memcpy(tcp + 16, &sum, 2);
}
