/*
 * place - which router a partition belongs to. Pure.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rendezvous hashing: every router computes the same answer from the same list,
 * and a change of the list moves only the partitions of the one that came or
 * went.
 */
#ifndef ROUTER_PLACE_H
#define ROUTER_PLACE_H

#include <stddef.h>
#include <stdint.h>

/* Index of the instance that the partition belongs to; n must not be 0. */
size_t place_of(uint64_t partition, const char *const *instances, size_t n);

#endif
