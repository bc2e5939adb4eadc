/*
 * routes - every route of the API.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console.h"

#define PROJECT "/v1/projects/{}"
#define WEBHOOK PROJECT "/webhooks/{}"
#define CREDENTIAL PROJECT "/credentials/{}"

static const struct route routes[] = {
    {"POST", "/v1/projects", ACCESS_ADMIN, project_create},
    {"GET", "/v1/projects", ACCESS_ADMIN, project_list},
    {"GET", PROJECT, ACCESS_PROJECT, project_get},
    {"PATCH", PROJECT, ACCESS_ADMIN, project_change},
    {"DELETE", PROJECT, ACCESS_ADMIN, project_delete},
    {"GET", PROJECT "/export", ACCESS_PROJECT, project_export},
    {"POST", PROJECT "/apply", ACCESS_NEW_PROJECT, project_apply},
    {"POST", PROJECT "/webhooks", ACCESS_PROJECT, webhook_create},
    {"GET", PROJECT "/webhooks", ACCESS_PROJECT, webhook_list},
    {"GET", WEBHOOK, ACCESS_PROJECT, webhook_get},
    {"PATCH", WEBHOOK, ACCESS_PROJECT, webhook_change},
    {"DELETE", WEBHOOK, ACCESS_PROJECT, webhook_delete},
    {"POST", WEBHOOK "/replay", ACCESS_PROJECT, webhook_replay},
    {"POST", WEBHOOK "/cancel", ACCESS_PROJECT, webhook_cancel},
    {"GET", WEBHOOK "/stats", ACCESS_PROJECT, webhook_stats},
    {"POST", WEBHOOK "/test", ACCESS_PROJECT, webhook_test},
    {"POST", WEBHOOK "/preview", ACCESS_PROJECT, webhook_preview},
    {"POST", PROJECT "/preview", ACCESS_PROJECT, draft_preview},
    {"POST", WEBHOOK "/secrets/rotate", ACCESS_PROJECT, webhook_rotate},
    {"POST", PROJECT "/credentials", ACCESS_PROJECT, credential_create},
    {"GET", PROJECT "/credentials", ACCESS_PROJECT, credential_list},
    {"GET", CREDENTIAL, ACCESS_PROJECT, credential_get},
    {"PATCH", CREDENTIAL, ACCESS_PROJECT, credential_change},
    {"DELETE", CREDENTIAL, ACCESS_PROJECT, credential_delete},
    {"POST", CREDENTIAL "/test", ACCESS_PROJECT, credential_test},
    {"POST", PROJECT "/keys", ACCESS_PROJECT, key_create},
    {"GET", PROJECT "/keys", ACCESS_PROJECT, key_list},
    {"DELETE", PROJECT "/keys/{}", ACCESS_PROJECT, key_delete},
    {"GET", PROJECT "/events", ACCESS_PROJECT, event_list},
    {"GET", PROJECT "/events/{}", ACCESS_PROJECT, event_get},
    {"GET", PROJECT "/event-types", ACCESS_PROJECT, own_type_list},
    {"GET", PROJECT "/deliveries", ACCESS_PROJECT, delivery_list},
    {"GET", PROJECT "/deliveries/{}", ACCESS_PROJECT, delivery_get},
    {"POST", PROJECT "/deliveries/{}/retry", ACCESS_PROJECT, delivery_retry},
    {"POST", PROJECT "/deliveries/{}/cancel", ACCESS_PROJECT, delivery_cancel},
    {"GET", PROJECT "/profiles/**", ACCESS_PROJECT, profile_get},
    {"DELETE", PROJECT "/profiles/**", ACCESS_PROJECT, profile_delete},
    {"GET", PROJECT "/paths/**", ACCESS_PROJECT, path_get},
    {"DELETE", PROJECT "/paths/**", ACCESS_PROJECT, path_delete},
    {"GET", PROJECT "/calls/{}", ACCESS_PROJECT, journey_call_get},
    {"GET", PROJECT "/tail", ACCESS_PROJECT, tail_start},
    {"GET", "/v1/event-types", ACCESS_KEY, event_type_list},
    {"GET", "/v1/event-types/{}", ACCESS_KEY, event_type_get},
    {"GET", "/v1/status", ACCESS_ADMIN, status_get},
    {"GET", "/v1/egress", ACCESS_KEY, egress_get},
    {"GET", "/v1/openapi.json", ACCESS_PUBLIC, openapi_get},
    {"GET", "/v1/inboxes", ACCESS_ADMIN, inbox_list},
    {"GET", "/v1/inboxes/{}", ACCESS_KEY, inbox_get},
    {"DELETE", "/v1/inboxes/{}", ACCESS_KEY, inbox_delete},
    {NULL, "/inbox/{}/**", ACCESS_PUBLIC, inbox_receive},
};

enum err console_route(const char *method, const char *path,
		       struct route_match *match)
{
	return route_find(routes, sizeof(routes) / sizeof(routes[0]), method,
			  path, match);
}
