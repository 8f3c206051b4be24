/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole service in one process, over a store in memory, without a web
 * server: for unit tests, the whole-request fuzzer and the benchmark.
 */
#ifndef TALLY_FAKE_SERVICE_H
#define TALLY_FAKE_SERVICE_H

#include "app/app.h"
#include "base/buf.h"
#include "crypt/seal.h"
#include "tests/fake/lists.h"
#include "tests/fake/marks.h"
#include "tests/fake/store.h"
#include "tests/fake/token_status.h"

/* What the signing key is wrapped with, and refresh tokens are sealed with. */
extern const struct tally_seal_key tally_fake_wrap_key;

/* Adds a signing key, made for it and wrapped with that; it signs from activate_at on. */
void tally_fake_key_add(struct tally_store *store, const char *kid, const char *alg,
			int64_t activate_at);

#define TALLY_FAKE_CLIENT "demo"
#define TALLY_FAKE_SECRET "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

#define TALLY_FAKE_USER "00112233445566778899" /* user_id */
#define TALLY_FAKE_LOGIN "alice"
#define TALLY_FAKE_PASSWORD "correct horse battery staple"

struct tally_fake_service {
	struct tally_store *store; /* the application's */
	struct tally_marks *marks; /* the application's */
	struct tally_token_status *status; /* borrowed by it; NULL: it has its own */
	struct tally_lists *lists; /* the application's; NULL: none */
	struct tally_app *app;
	struct tally_worker *worker;
	struct tally_buf answer; /* the last one, in one piece */
};

/*
 * Opens and starts a service with the client above (all grants, scopes read,
 * write, openid, profile and device_*, by default read), the user above, whose
 * password is kept cheaply, and a signing key of this algorithm.
 * more: further lines of configuration; issuer is https://as.example. Ends the
 * program when it cannot.
 */
void tally_fake_service_open(struct tally_fake_service *service, const char *alg,
			     const char *more);
/* The same without Redis and all that is in it: no marks, no status lists. */
void tally_fake_service_open_without_redis(struct tally_fake_service *service, const char *alg,
					   const char *more);
/* The same with status lists in memory, and with a publisher only if more says so. */
void tally_fake_service_open_with_lists(struct tally_fake_service *service, const char *alg,
					const char *more);
void tally_fake_service_close(struct tally_fake_service *service);

/* The same service for another thread; ended before the first. */
struct tally_fake_service tally_fake_service_beside(const struct tally_fake_service *service);
void tally_fake_service_beside_end(struct tally_fake_service *beside);

/* One request; NULL members are left out. Lengths by strlen but for the body. */
struct tally_fake_request {
	const char *method;
	const char *uri;
	const char *content_type;
	const char *content_length; /* NULL: that of body; "" : none is sent */
	const char *authorization;
	const char *api_key;
	const char *accept;
	const char *accept_encoding;
	const char *if_none_match;
	const char *if_modified_since;
	struct tally_span body;
};

/* The response as the web server gets it; valid until the next request. */
struct tally_span tally_fake_service_send(struct tally_fake_service *service,
					  const struct tally_fake_request *request);

/* A POST of a form to the token endpoint. */
struct tally_span tally_fake_service_token(struct tally_fake_service *service, const char *form);

#endif
