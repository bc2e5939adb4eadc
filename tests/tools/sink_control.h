/*
 * sink_control - the receiver's own paths: /_control, /_stats, /_ids and so on.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   PUT    /_control?status=503&every=3   behaviour of all paths without a rule
 *   PUT    /_control?path=/a&stall        of one path
 *   DELETE /_control[?path=/a]            back to 204
 *   GET    /_stats[?path=/a]              figures, JSON
 *   GET    /_ids[?path=/a]                lines "id path count ok first_us
 * last_us" DELETE /_ids                          forget ids, kept requests and
 * figures GET    /_requests[?path=/a]           the kept requests, JSON, bytes
 * in base64 PUT    /_release                      answers every stalled request
 * with 204
 */
#ifndef TOOLS_SINK_CONTROL_H
#define TOOLS_SINK_CONTROL_H

#include "sink_conn.h"

void control_answer(struct conn *c);

#endif
