/*
 * media - what kind of text a content type stands for.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNEY_MEDIA_H
#define JOURNEY_MEDIA_H

enum media { MEDIA_JSON, MEDIA_FORM, MEDIA_MARKUP, MEDIA_OTHER };

/* Parameters ("; charset=utf-8") do not count; NULL is JSON. */
enum media media_of(const char *content_type);

#endif
