/* SPDX-License-Identifier: Apache-2.0 */
/* One thread's share of the application, and a request's way through it. */
#include "config.h"

#include "app/internal.h"
#include "crypt/verifier_cache.h"
#include "sys/log.h"
#include "sys/rand.h"

#include <stdlib.h>

#define ARENA_FIRST (16u * 1024)
#define ARENA_MAX (10u * 1024 * 1024) /* per request; what comes in is bounded by its route */

struct tally_worker {
	struct tally_app *app;
	struct tally_arena *arena;
	struct tally_site_box *site;
	unsigned int generation; /* of site */
	struct tally_signer *signer;    /* of the site's access tokens; NULL: no key */
	struct tally_signer *id_signer; /* of its ID tokens */
	struct tally_verifier_cache *verifier_cache; /* of our keys and those of others */
	uint64_t next_id;
	/* Of the answer that is being sent; see struct tally_request. */
	const void *held;
	void (*release)(const void *held);
};

static void free_crypto(struct tally_worker *worker)
{
	tally_signer_free(worker->signer);
	tally_signer_free(worker->id_signer);
	worker->signer = worker->id_signer = NULL;
}

void tally_worker_free(struct tally_worker *worker)
{
	if (worker == NULL)
		return;
	if (worker->release != NULL)
		worker->release(worker->held);
	free_crypto(worker);
	tally_verifier_cache_free(worker->verifier_cache);
	tally_site_free(worker->site);
	tally_arena_free(worker->arena);
	free(worker);
}

struct tally_worker *tally_worker_new(struct tally_app *app)
{
	struct tally_worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL)
		return NULL;
	worker->app = app;
	worker->arena = tally_arena_new(ARENA_FIRST, ARENA_MAX);
	worker->verifier_cache = tally_verifier_cache_new();
	if (worker->arena == NULL || worker->verifier_cache == NULL ||
	    tally_rand_bytes(&worker->next_id, sizeof(worker->next_id)) != TALLY_OK) {
		tally_worker_free(worker);
		return NULL;
	}
	return worker;
}

/* RFC 9068 §2.1; an ID token is a plain "JWT". */
static void renew_crypto(struct tally_worker *worker)
{
	const struct tally_site *site = tally_site_of(worker->site);
	const struct tally_keyset_key *key =
		site->keys ? tally_keyset_signing(site->keys, site->token_alg) : NULL;

	free_crypto(worker);
	if (key != NULL &&
	    (tally_signer_new(key->key, key->kid, "at+jwt", &worker->signer) != TALLY_OK ||
	     tally_signer_new(key->key, key->kid, "JWT", &worker->id_signer) != TALLY_OK))
		tally_log_error("key %s cannot be used to sign", key->kid);
}

/* Moves over to the site in force, when it is another one. */
static void renew_site(struct tally_worker *worker)
{
	if (worker->site != NULL &&
	    atomic_load_explicit(&worker->app->generation, memory_order_acquire) ==
		    worker->generation)
		return;
	struct tally_site_box *old = worker->site;

	worker->site = tally_app_site(worker->app, &worker->generation);
	renew_crypto(worker);
	tally_site_free(old);
}

/*
 * Unique, not secret: a counter that starts anywhere, spread by a bijection
 * (the finaliser of SplitMix64) so that neighbours look different to people.
 */
static void make_id(struct tally_worker *worker, char out[TALLY_REQUEST_ID_SIZE + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t id = worker->next_id++;

	id = (id ^ id >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	id = (id ^ id >> 27) * UINT64_C(0x94d049bb133111eb);
	id ^= id >> 31;
	for (size_t i = 0; i < TALLY_REQUEST_ID_SIZE; i++)
		out[i] = digits[id >> (60 - 4 * i) & 15];
	out[TALLY_REQUEST_ID_SIZE] = '\0';
}

static void split_uri(struct tally_request *rq)
{
	struct tally_span rest = rq->params.uri;

	rq->path = tally_span_cut(&rest, '?');
	rq->query = rest;
}

/*
 * Reads the body, whole and no more. What the web server announced must be what
 * it sends; without an announcement the end of the stream decides.
 */
static enum tally_fault read_body(struct tally_request *rq, size_t max, tally_read *read,
				  void *context)
{
	struct tally_span length = rq->params.content_length;
	uint64_t announced = max;
	bool is_announced = length.n > 0;

	if (is_announced) {
		enum tally_err err = tally_span_to_u64(length, max, &announced);

		if (err == TALLY_ERR_LIMIT)
			return tally_fault(rq, TALLY_FAULT_TOO_LARGE,
					   "body of %.*s bytes, at most %zu are read",
					   TALLY_SPAN_ARG(length), max);
		if (err != TALLY_OK)
			return tally_fault(rq, TALLY_FAULT_BAD_REQUEST,
					   "CONTENT_LENGTH \"%.*s\" is no number",
					   TALLY_SPAN_ARG(length));
	}
	char *body = tally_arena_alloc(rq->arena, (size_t)announced + 1);

	if (body == NULL)
		return tally_fault_of(rq, TALLY_ERR_NOMEM, "reading a body");
	size_t n = read(context, body, (size_t)announced + 1);

	if (n > announced && !is_announced)
		return tally_fault(rq, TALLY_FAULT_TOO_LARGE, "body of more than %zu bytes", max);
	if (n != announced && is_announced)
		return tally_fault(rq, TALLY_FAULT_BAD_REQUEST,
				   "body is %s than the %llu bytes announced",
				   n < announced ? "shorter" : "longer",
				   (unsigned long long)announced);
	rq->body = tally_span(body, n);
	return TALLY_FAULT_NONE;
}

static enum tally_fault dispatch(struct tally_request *rq, bool bad_params, tally_read *read,
				 void *context)
{
	tally_handler *handler;
	size_t body_max;

	if (bad_params)
		return tally_fault(rq, TALLY_FAULT_BAD_REQUEST,
				   "a header or the URI is too long, repeated, or has control "
				   "characters");
	enum tally_fault fault = tally_route(rq, &handler, &body_max);

	if (fault == TALLY_FAULT_NONE)
		fault = read_body(rq, body_max, read, context);
	if (fault == TALLY_FAULT_NONE)
		fault = handler(rq);
	return fault;
}

/* When there is no memory for a proper answer. */
static struct tally_answer last_resort(void)
{
	return (struct tally_answer){
		.head = TALLY_SPAN("Status: 500 Internal Server Error\r\nContent-Length: 0\r\n"
				   "Cache-Control: no-store\r\n\r\n"),
	};
}

struct tally_answer tally_worker_handle(struct tally_worker *worker,
				      const struct tally_params *params, bool bad_params,
				      tally_read *read, void *context)
{
	struct tally_request rq = { .params = *params, .arena = worker->arena };
	struct tally_answer out;

	renew_site(worker);
	make_id(worker, rq.id);
	tally_log_request(rq.id);
	rq.site = tally_site_of(worker->site);
	rq.services = &worker->app->services;
	rq.app = worker->app;
	rq.signer = worker->signer;
	rq.id_signer = worker->id_signer;
	rq.verifier_cache = worker->verifier_cache;
	split_uri(&rq);
	enum tally_fault fault = dispatch(&rq, bad_params, read, context);

	if (fault != TALLY_FAULT_NONE)
		tally_response_fault(&rq, fault);
	if (tally_response_write(&rq, &out) != TALLY_OK) {
		tally_log_error("out of memory while answering");
		out = last_resort();
	}
	worker->held = rq.held;
	worker->release = rq.release;
	tally_log_request(NULL);
	return out;
}

void tally_worker_forget(struct tally_worker *worker)
{
	if (worker->release != NULL)
		worker->release(worker->held);
	worker->release = NULL;
	tally_arena_reset(worker->arena);
}
