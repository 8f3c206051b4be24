/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/service.h"

#include "base/buf.h"
#include "crypt/digest.h"
#include "crypt/key.h"
#include "crypt/password.h"
#include "crypt/seal.h"
#include "oauth/grant.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWER_MAX (64u << 20)

const struct tally_seal_key tally_fake_wrap_key = { .bytes = "thirty-two bytes, not a secret." };

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "the fake service: %s failed\n", what);
	abort();
}

static struct tally_span all_grants(struct tally_buf *buf)
{
	for (unsigned int i = 0; i < TALLY_GRANT_COUNT; i++) {
		if (i > 0)
			tally_buf_add_char(buf, ' ');
		tally_buf_add_str(buf, tally_grant((enum tally_grant_id)i)->type);
	}
	return tally_buf_span(buf);
}

static void add_client(struct tally_store *store)
{
	char grants[512];
	struct tally_buf buf;
	struct tally_secret_record secret = { .secret_id = TALLY_SPAN("one"), .created_at = 1 };
	struct tally_client_record client = {
		.client_id = TALLY_SPAN(TALLY_FAKE_CLIENT),
		.name = TALLY_SPAN("Demo"),
		.scopes = TALLY_SPAN("read write openid profile device_*"),
		.default_scopes = TALLY_SPAN("read"),
		.created_at = 1,
		.secrets = &secret,
		.secret_count = 1,
	};

	tally_buf_over(&buf, grants, sizeof(grants));
	client.grants = all_grants(&buf);
	must(tally_sha256(TALLY_SPAN(TALLY_FAKE_SECRET), secret.digest) == TALLY_OK, "SHA-256");
	must(store->ops->client_add(store, &client) == TALLY_OK, "adding the client");
}

static void add_user(struct tally_store *store)
{
	const struct tally_password_cost cheap = { .memory = 8, .passes = 1 };
	char hash[TALLY_PASSWORD_HASH_MAX + 1];
	struct tally_user_record user = {
		.user_id = TALLY_SPAN(TALLY_FAKE_USER),
		.login = TALLY_SPAN(TALLY_FAKE_LOGIN),
		.name = TALLY_SPAN("Alice Example"),
		.kind = TALLY_USER_HUMAN,
		.created_at = 1,
	};

	must(tally_password_hash(cheap, TALLY_SPAN(TALLY_FAKE_PASSWORD), hash) == TALLY_OK,
	     "argon2id");
	user.password = tally_span_of(hash);
	must(store->ops->user_add(store, &user) == TALLY_OK, "adding the user");
}

void tally_fake_key_add(struct tally_store *store, const char *kid, const char *alg_name,
			int64_t activate_at)
{
	const struct tally_alg *alg = tally_alg_find(tally_span_of(alg_name));
	char der[TALLY_KEY_DER_MAX], public_der[TALLY_KEY_DER_MAX];
	char wrapped[TALLY_KEY_DER_MAX + TALLY_SEAL_OVERHEAD];
	struct tally_buf private_buf, public_buf, wrapped_buf;
	struct tally_key *key = NULL;
	struct tally_key_record record = {
		.kid = tally_span_of(kid),
		.alg = tally_span_of(alg_name),
		.created_at = 1,
		.activate_at = activate_at,
	};

	tally_buf_over(&private_buf, der, sizeof(der));
	tally_buf_over(&public_buf, public_der, sizeof(public_der));
	tally_buf_over(&wrapped_buf, wrapped, sizeof(wrapped));
	must(tally_key_generate(alg, &key) == TALLY_OK, "making a key");
	must(tally_key_add_private_der(key, &private_buf) == TALLY_OK, "encoding a key");
	must(tally_key_add_public_der(key, &public_buf) == TALLY_OK, "encoding a key");
	must(tally_seal(&tally_fake_wrap_key, record.kid, tally_buf_span(&private_buf),
			&wrapped_buf) == TALLY_OK, "wrapping a key");
	record.public_der = tally_buf_span(&public_buf);
	record.wrapped = tally_buf_span(&wrapped_buf);
	must(store->ops->key_add(store, &record) == TALLY_OK, "storing a key");
	tally_key_free(key);
}

static void write_wrap_key(const struct tally_seal_key *wrap, char path[])
{
	int fd = mkstemp(path);

	must(fd >= 0 && write(fd, wrap->bytes, sizeof(wrap->bytes)) == sizeof(wrap->bytes),
	     "writing the wrap key");
	close(fd);
}

static struct tally_conf *make_conf(const char *wrap_path, const char *more)
{
	char text[4096];
	struct tally_conf *conf = NULL;
	int n = snprintf(text, sizeof(text),
			 "[server]\nissuer = https://as.example\n[database]\nsocket = /nowhere\n"
			 "[keys]\nwrap-key-file = %s\n%s",
			 wrap_path, more ? more : "");

	must(n > 0 && (size_t)n < sizeof(text) &&
	     tally_conf_parse(tally_span(text, (size_t)n), "fake.conf", &conf) == TALLY_OK,
	     "the configuration");
	return conf;
}

static void open_service(struct tally_fake_service *service, const char *alg, const char *more)
{
	char wrap_path[] = "/tmp/tallystick-wrap-XXXXXX";

	tally_buf_grow(&service->answer, ANSWER_MAX);
	write_wrap_key(&tally_fake_wrap_key, wrap_path);
	service->store = tally_fake_store_new();
	must(service->store != NULL, "the store");
	add_client(service->store);
	add_user(service->store);
	tally_fake_key_add(service->store, "k1", alg, 1);
	const struct tally_app_stores stores = {
		.store = service->store,
		.marks = service->marks,
		.lists = service->lists,
		.token_status = service->status,
	};

	must(tally_app_open(make_conf(wrap_path, more), stores, &service->app) == TALLY_OK,
	     "opening");
	unlink(wrap_path);
	must(tally_app_start(service->app) == TALLY_OK, "starting");
	service->worker = tally_worker_new(service->app);
	must(service->worker != NULL, "a worker");
}

void tally_fake_service_open(struct tally_fake_service *service, const char *alg, const char *more)
{
	service->marks = tally_fake_marks_new();
	service->status = tally_fake_token_status_new();
	service->lists = NULL;
	must(service->marks != NULL && service->status != NULL, "what is in Redis");
	open_service(service, alg, more);
}

void tally_fake_service_open_with_lists(struct tally_fake_service *service, const char *alg,
					const char *more)
{
	service->marks = tally_fake_marks_new();
	service->status = NULL;
	service->lists = tally_fake_lists_new();
	must(service->marks != NULL && service->lists != NULL, "what is in Redis");
	open_service(service, alg, more);
}

void tally_fake_service_open_without_redis(struct tally_fake_service *service, const char *alg,
					   const char *more)
{
	service->marks = NULL;
	service->status = NULL;
	service->lists = NULL;
	open_service(service, alg, more);
}

void tally_fake_service_close(struct tally_fake_service *service)
{
	tally_worker_free(service->worker);
	tally_app_close(service->app);
	tally_buf_free(&service->answer);
	tally_fake_token_status_free(service->status);
}

struct tally_fake_service tally_fake_service_beside(const struct tally_fake_service *service)
{
	struct tally_fake_service beside = *service;

	tally_buf_grow(&beside.answer, ANSWER_MAX);
	beside.worker = tally_worker_new(service->app);
	must(beside.worker != NULL, "another worker");
	return beside;
}

void tally_fake_service_beside_end(struct tally_fake_service *beside)
{
	tally_worker_free(beside->worker);
	tally_buf_free(&beside->answer);
}

static size_t read_body(void *context, char *out, size_t n)
{
	struct tally_span *rest = context;
	size_t got = n < rest->n ? n : rest->n;

	if (got == 0)
		return 0;
	memcpy(out, rest->p, got);
	*rest = tally_span(rest->p + got, rest->n - got);
	return got;
}

static struct tally_span join(struct tally_fake_service *service, struct tally_answer answer)
{
	service->answer.n = 0;
	tally_buf_add_span(&service->answer, answer.head);
	tally_buf_add_span(&service->answer, answer.body);
	must(tally_buf_err(&service->answer) == TALLY_OK, "joining an answer");
	return tally_buf_span(&service->answer);
}

struct tally_span tally_fake_service_send(struct tally_fake_service *service,
					  const struct tally_fake_request *request)
{
	char length[32];
	struct tally_span body = request->body;
	struct tally_params params = {
		.method = tally_span_of(request->method),
		.uri = tally_span_of(request->uri),
		.content_type = tally_span_of(request->content_type),
		.content_length = tally_span_of(request->content_length),
		.authorization = tally_span_of(request->authorization),
		.api_key = tally_span_of(request->api_key),
		.accept = tally_span_of(request->accept),
		.accept_encoding = tally_span_of(request->accept_encoding),
		.if_none_match = tally_span_of(request->if_none_match),
		.if_modified_since = tally_span_of(request->if_modified_since),
		.remote_addr = TALLY_SPAN("192.0.2.1"),
	};

	if (request->content_length == NULL) {
		snprintf(length, sizeof(length), "%zu", body.n);
		params.content_length = tally_span_of(length);
	}
	tally_worker_forget(service->worker);
	return join(service, tally_worker_handle(service->worker, &params, false, read_body,
						 &body));
}

struct tally_span tally_fake_service_token(struct tally_fake_service *service, const char *form)
{
	const struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/token",
		.content_type = "application/x-www-form-urlencoded",
		.body = tally_span_of(form),
	};

	return tally_fake_service_send(service, &request);
}
