/*
 * plan - headers, authorization and signing keys of a webhook, made once; and a
 * cache of plans that drops the one used least recently.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"
#include "filter/merge.h"
#include "journey/journey_plan.h"
#include "store/header_rule.h"

#define HEADER_LINE_MAX 65536
#define USER_AGENT "User-Agent: Postrider/" POSTRIDER_VERSION

struct plans {
	struct table *by_webhook; /* webhook id, 16 bytes -> struct plan */
	struct list lru;	  /* newest last */
	size_t plans_max;
	bool dev;
};

static bool has_header(const struct webhook *w, const char *name)
{
	for (size_t i = 0; i < w->n_headers; i++)
		if (slice_eq_nocase(slice_of(w->headers[i].name),
				    slice_of(name)))
			return true;
	return false;
}

static void add_line(struct plan *plan, char *line)
{
	plan->headers[plan->n_headers++] = line;
}

static void add_header(struct plan *plan, const char *name, const char *value)
{
	if (!header_name_valid(name) || !header_value_valid(value)) {
		plan->fault = FAULT_HEADER_REFUSED;
		return;
	}
	/* This is how libcurl is told to send one without a value; spaces alone
	 * it would take for the wish to leave the header out. */
	value += strspn(value, " \t");
	add_line(plan, *value ? xasprintf("%s: %s", name, value)
			      : xasprintf("%s;", name));
}

static char *basic_value(const struct webhook *w)
{
	struct buf plain, out;
	char *value;
	size_t n;

	buf_init(&plain, HEADER_LINE_MAX);
	buf_init(&out, 2 * HEADER_LINE_MAX);
	buf_printf(&plain, "%s:%s", w->auth_user ? w->auth_user : "",
		   w->auth_secret ? w->auth_secret : "");
	buf_append_str(&out, "Basic ");
	base64_encode(&out, buf_slice(&plain));
	buf_append_char(&out, '\0');
	value = buf_take(&out, &n);
	if (plain.p)
		OPENSSL_cleanse(plain.p, plain.size);
	buf_fini(&plain);
	buf_fini(&out);
	return value;
}

static void add_authorization(struct plan *plan, const struct webhook *w)
{
	char *value = NULL;

	if (w->auth == AUTH_BASIC)
		value = basic_value(w);
	else if (w->auth == AUTH_BEARER)
		value = xasprintf("Bearer %s",
				  w->auth_secret ? w->auth_secret : "");
	if (!value)
		return;
	add_header(plan, "Authorization", value);
	OPENSSL_cleanse(value, strlen(value));
	free(value);
}

static void add_custom(struct plan *plan, const struct webhook *w)
{
	for (size_t i = 0; i < w->n_headers; i++) {
		const struct header_pair *h = &w->headers[i];

		if (header_name_reserved(h->name) ||
		    (w->auth != AUTH_NONE &&
		     slice_eq_nocase(slice_of(h->name),
				     SLICE_LIT("Authorization"))))
			continue;
		add_header(plan, h->name, h->value);
	}
}

/* Checked when it was saved, and again here: rules may have changed since, and
 * Redis is not the console. Whether an address is allowed is looked at when it
 * is connected to. */
static void check_url(struct plan *plan, const char *url, bool dev)
{
	if (url_parse(target_rules_any(dev), slice_of(url), URL_BYTES_MAX,
		      &plan->at))
		plan->fault = FAULT_URL_REFUSED;
	else if (merge_compile(slice_of(url), &plan->merge))
		plan->fault = FAULT_URL_REFUSED;
}

/* Its URL and its own headers are rendered for each call. */
static void add_journey(struct plan *plan, const struct webhook *w, bool dev)
{
	struct journey_fault fault;

	plan->journey = journey_plan_new(w, &fault);
	if (!plan->journey) {
		plan->fault = FAULT_TEMPLATE_REFUSED;
		plan->error =
		    xasprintf("template: %s: %s", fault.field, fault.text);
		return;
	}
	plan->at = *journey_plan_at(plan->journey);
	if (!plan->at.https && !dev)
		plan->fault = FAULT_URL_REFUSED;
}

static bool has_body(const struct plan *plan)
{
	return !plan->journey || journey_plan_has_body(plan->journey);
}

static struct plan *plan_new(struct webhook *w, bool dev)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));

	plan->refs = 1;
	plan->webhook = webhook_ref(w);
	plan->headers = xcalloc(w->n_headers + 3, sizeof(*plan->headers));
	list_init(&plan->handles);
	list_init(&plan->in_cache);
	if (w->is_journey)
		add_journey(plan, w, dev);
	else
		check_url(plan, w->url, dev);
	if (has_body(plan) && !has_header(w, "Content-Type"))
		add_header(plan, "Content-Type",
			   w->content_type ? w->content_type
					   : "application/json");
	if (!has_header(w, "User-Agent"))
		add_line(plan, xstrdup(USER_AGENT));
	add_authorization(plan, w);
	if (!w->is_journey)
		add_custom(plan, w);
	if (w->signing)
		plan->signer = signer_new(w->secrets, w->n_secrets);
	return plan;
}

static void plan_free(struct plan *plan)
{
	must(list_empty(&plan->handles));
	for (size_t i = 0; i < plan->n_headers; i++) {
		OPENSSL_cleanse(plan->headers[i], strlen(plan->headers[i]));
		free(plan->headers[i]);
	}
	free(plan->headers);
	signer_free(&plan->signer);
	merge_free(&plan->merge);
	journey_plan_free(&plan->journey);
	free(plan->error);
	webhook_unref(&plan->webhook);
	free(plan);
}

struct plan *plan_ref(struct plan *plan)
{
	plan->refs++;
	return plan;
}

void plan_unref(struct plan **plan)
{
	if (*plan && --(*plan)->refs == 0)
		plan_free(*plan);
	*plan = NULL;
}

struct plans *plans_new(size_t plans_max, bool dev)
{
	struct plans *p = xcalloc(1, sizeof(*p));

	p->by_webhook = table_new(plans_max);
	p->plans_max = plans_max;
	p->dev = dev;
	list_init(&p->lru);
	return p;
}

static void drop(struct plans *p, struct plan *plan)
{
	(void)table_delete(p->by_webhook, ulid_slice(&plan->webhook->id));
	list_remove(&plan->in_cache);
	plan->stale = true;
	plan_unref(&plan);
}

void plans_free(struct plans **pp)
{
	struct plans *p = *pp;
	struct list *node;

	if (!p)
		return;
	while ((node = list_first(&p->lru)))
		drop(p, container_of(node, struct plan, in_cache));
	table_free(&p->by_webhook);
	free(p);
	*pp = NULL;
}

struct plan *plans_get(struct plans *p, struct webhook *webhook)
{
	struct slice id = ulid_slice(&webhook->id);
	struct plan *plan = table_find(p->by_webhook, id);

	/* Objects of the configuration are immutable: the same one, the same
	 * plan. It holds a reference, so the address is not used again. */
	if (plan && plan->webhook == webhook) {
		list_remove(&plan->in_cache);
		list_push(&p->lru, &plan->in_cache);
		return plan;
	}
	if (plan)
		drop(p, plan);
	while (table_count(p->by_webhook) >= p->plans_max)
		drop(p,
		     container_of(list_first(&p->lru), struct plan, in_cache));
	plan = plan_new(webhook, p->dev);
	must(table_put(p->by_webhook, id, plan) == ERR_OK);
	list_push(&p->lru, &plan->in_cache);
	return plan;
}
