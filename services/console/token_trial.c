/*
 * token_trial - tests of credentials.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "token_trial.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "console.h"
#include "store/credential.h"
#include "tokens/token_client.h"

#define UNDER_WAY_MAX 16
#define WAIT_MS 15000
#define TICK_MS 100
/* A tokens process that has just started is found within so long. */
#define FIND_MS 2000

/* A test under way. */
struct token_trial {
	struct list node;
	struct call *call; /* borrowed; it waits for this */
	struct ulid credential;
	uint64_t version, ask;
	uint64_t by_ms; /* now_ms(): it has been asked, or can be, by then */
	bool asked;
};

struct token_trials {
	struct console *console;
	struct token_client *client;
	struct list under_way;
	size_t n;
	uint64_t last;
	uv_timer_t *timer; /* freed by its close callback */
};

static void trial_end(struct token_trials *t, struct token_trial *trial)
{
	list_remove(&trial->node);
	t->n--;
	free(trial);
}

/* --- the answer --------------------------------------------------------- */

/* Another process wrote it; it may say nothing, or something else. */
static json_t *report_view(const struct msg_token *m)
{
	json_t *v = json_loadb(m->report.n ? m->report.p : "", m->report.n,
			       JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(v))
		return v;
	json_decref(v);
	v = json_object();
	json_object_set_new(v, "ok",
			    json_boolean(m->number != 0 && m->error.n == 0));
	json_object_set_new(v, "error",
			    m->error.n ? json_text(m->error) : json_null());
	return v;
}

static void on_answer(void *arg, const struct msg_token *m)
{
	struct token_trials *t = arg;

	LIST_FOREACH (node, &t->under_way) {
		struct token_trial *trial =
		    container_of(node, struct token_trial, node);
		struct call *call = trial->call;

		if (trial->ask != m->ask)
			continue;
		trial_end(t, trial);
		call_json(call, 200, report_view(m));
		return;
	}
}

static bool ask(struct token_trials *t, struct token_trial *trial)
{
	const struct msg_token_ask m = {
	    .ask = trial->ask,
	    .credential = ulid_slice(&trial->credential),
	    .version = trial->version,
	    .flags = TOKEN_TEST,
	};
	bool first = !trial->asked;

	trial->asked = token_client_ask(t->client, &m) == ERR_OK;
	if (trial->asked && first)
		trial->by_ms = now_ms() + WAIT_MS;
	return trial->asked;
}

static void give_up(struct token_trials *t, struct token_trial *trial)
{
	if (trial->asked)
		call_problem(trial->call, 504, "timeout", NULL,
			     "no tokens process has said what came of it");
	else
		call_problem(trial->call, 503, "unavailable", NULL,
			     "there is no tokens process, or it does not keep "
			     "up");
	trial_end(t, trial);
}

static void on_tick(uv_timer_t *timer)
{
	struct token_trials *t = timer->data;
	uint64_t now = now_ms();
	struct list *node, *next;

	for (node = t->under_way.next; node != &t->under_way; node = next) {
		struct token_trial *trial =
		    container_of(node, struct token_trial, node);

		next = node->next;
		if ((trial->asked || !ask(t, trial)) && now >= trial->by_ms)
			give_up(t, trial);
	}
}

/* --- start and stop ----------------------------------------------------- */

struct token_trials *token_trials_new(struct console *c)
{
	struct token_trials *t = xcalloc(1, sizeof(*t));
	struct metrics *m = service_metrics(c->run);
	uv_loop_t *loop = service_loop(c->run);
	struct token_client_options options = {
	    .loop = loop,
	    .curve = service_curve(c->run),
	    .on_answer = on_answer,
	    .arg = t,
	};

	options.malformed =
	    metrics_counter(m, "console_malformed_total", NULL,
			    "frames of tokens processes that were dropped");
	t->console = c;
	list_init(&t->under_way);
	t->client = token_client_new(&options);
	t->timer = xcalloc(1, sizeof(*t->timer));
	t->timer->data = t;
	must(uv_timer_init(loop, t->timer) == 0);
	must(uv_timer_start(t->timer, on_tick, TICK_MS, TICK_MS) == 0);
	return t;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void token_trials_free(struct token_trials **tp)
{
	struct token_trials *t = *tp;
	struct list *node;

	if (!t)
		return;
	while ((node = list_first(&t->under_way))) {
		struct token_trial *trial =
		    container_of(node, struct token_trial, node);

		call_problem(trial->call, 503, "unavailable", NULL,
			     "the console is ending");
		trial_end(t, trial);
	}
	uv_close((uv_handle_t *)t->timer, on_closed);
	token_client_free(&t->client);
	free(t);
	*tp = NULL;
}

void token_trials_follow(struct token_trials *t)
{
	if (!token_client_follow(t->client, t->console->registry))
		return;
	/* Whoever was asked may be gone, and the question with it. */
	LIST_FOREACH (node, &t->under_way) {
		struct token_trial *trial =
		    container_of(node, struct token_trial, node);

		if (trial->asked)
			(void)ask(t, trial);
	}
}

/* --- the request -------------------------------------------------------- */

void credential_test(struct call *call)
{
	static const char *const allowed[] = {NULL};
	struct token_trials *t = call->console->token_trials;
	const struct credential *c = call_credential(call);
	struct token_trial *trial;

	if (!c || !call_read_body(call, allowed, true))
		return;
	if (t->n >= UNDER_WAY_MAX) {
		call_problem(call, 429, "busy", NULL,
			     "too many tests at a time");
		return;
	}
	trial = xcalloc(1, sizeof(*trial));
	trial->call = call;
	trial->credential = c->id;
	trial->version = c->version;
	trial->ask = ++t->last;
	trial->by_ms = now_ms() + FIND_MS;
	list_push(&t->under_way, &trial->node);
	t->n++;
	(void)ask(t, trial);
}
