/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions that are signed rightly, and say anything. An input is a line with
 * the header and then the payload, both as JSON. The same machine user's key
 * signs each as a grant, and as a client's authentication; a secret of that
 * client makes a MAC of each. A token is given only for what the standards
 * allow, and whatever else there is, the answer is a refusal and no failure.
 */
#include "config.h"

#include "base/b64.h"
#include "codec/json_in.h"
#include "crypt/hmac.h"
#include "crypt/jws.h"
#include "oauth/secret.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/fake/service.h"
#include "tests/fuzz/fuzz.h"

#define ISSUER "https://as.example"
#define WHO "robot" /* a machine user and a client */
#define KID "k1"
#define SECRET TALLY_FAKE_SECRET
#define TEXT_MAX (3 * TALLY_JWS_MAX)

static const char grant[] = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=";
static const char client_auth[] =
	"grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:"
	"client-assertion-type:jwt-bearer&client_assertion=";

static struct tally_fake_service service;
static struct tally_signer *signer;

static void add_principals(struct tally_span public_der)
{
	struct tally_store *store = service.store;
	char sealed[TALLY_SECRET_WRAPPED_MAX];
	struct tally_buf buf;
	struct tally_secret_record secret = { .secret_id = TALLY_SPAN("s"), .created_at = 1 };
	const struct tally_user_record user = {
		.user_id = TALLY_SPAN(WHO),
		.login = TALLY_SPAN(WHO),
		.kind = TALLY_USER_MACHINE,
		.created_at = 1,
	};
	const struct tally_client_record client = {
		.client_id = TALLY_SPAN(WHO),
		.grants = TALLY_SPAN("client_credentials"),
		.created_at = 1,
		.secrets = &secret,
		.secret_count = 1,
	};
	const struct tally_public_key_record key = {
		.key_id = TALLY_SPAN(KID),
		.owner = TALLY_SPAN(WHO),
		.alg = TALLY_SPAN("EdDSA"),
		.public_der = public_der,
		.created_at = 1,
	};

	tally_buf_over(&buf, sealed, sizeof(sealed));
	FUZZ_ASSERT(tally_secret_wrap(&tally_fake_wrap_key, client.client_id, secret.secret_id,
				      TALLY_SPAN(SECRET), &buf) == TALLY_OK);
	secret.wrapped = tally_buf_span(&buf);
	FUZZ_ASSERT(store->ops->user_add(store, &user) == TALLY_OK);
	FUZZ_ASSERT(store->ops->client_add(store, &client) == TALLY_OK);
	FUZZ_ASSERT(store->ops->user_key_add(store, &key) == TALLY_OK);
	FUZZ_ASSERT(store->ops->client_key_add(store, &key) == TALLY_OK);
}

static void finish_signed(struct tally_buf *jws)
{
	char bytes[64];
	struct tally_buf signature;

	tally_buf_over(&signature, bytes, sizeof(bytes));
	FUZZ_ASSERT(tally_signer_sign_raw(signer, tally_buf_span(jws), &signature) == TALLY_OK);
	tally_buf_add_char(jws, '.');
	tally_b64url_add(jws, signature.p, signature.n);
}

static void finish_mac(struct tally_buf *jws)
{
	const struct tally_span part = tally_buf_span(jws);
	uint8_t mac[TALLY_HMAC_SIZE];

	FUZZ_ASSERT(tally_hmac_sha256(TALLY_SPAN(SECRET), &part, 1, mac) == TALLY_OK);
	tally_buf_add_char(jws, '.');
	tally_b64url_add(jws, mac, sizeof(mac));
}

/* Whether a token came; if not, it must be a refusal of this kind. */
static bool gives_token(const char *parameters, struct tally_span header, struct tally_span payload,
			void (*finish)(struct tally_buf *jws), const char *refusal)
{
	static char text[TEXT_MAX];
	struct tally_buf form, jws;

	tally_buf_over(&form, text, sizeof(text));
	tally_buf_add_str(&form, parameters);
	tally_buf_over(&jws, text + form.n, sizeof(text) - form.n);
	tally_b64url_add(&jws, header.p, header.n);
	tally_buf_add_char(&jws, '.');
	tally_b64url_add(&jws, payload.p, payload.n);
	finish(&jws);
	FUZZ_ASSERT(tally_buf_err(&jws) == TALLY_OK);
	const struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/token",
		.content_type = "application/x-www-form-urlencoded",
		.body = { text, form.n + jws.n },
	};
	struct tally_span response = tally_fake_service_send(&service, &request);

	if (tally_span_starts_with(response, TALLY_SPAN("Status: 200 OK\r\n")))
		return true;
	FUZZ_ASSERT(memmem(response.p, response.n, refusal, strlen(refusal)) != NULL);
	FUZZ_ASSERT(memmem(response.p, response.n, "access_token", 12) == NULL);
	return false;
}

/* A target that refused everything would find nothing. */
static void try_good(void)
{
	char text[256];
	struct tally_span header = TALLY_SPAN("{\"alg\":\"EdDSA\",\"kid\":\"" KID "\"}");
	int n = snprintf(text, sizeof(text),
			 "{\"iss\":\"" WHO "\",\"sub\":\"" WHO "\",\"aud\":\"" ISSUER
			 "\",\"jti\":\"good\",\"iat\":%lld,\"exp\":%lld}",
			 (long long)tally_clock_now(), (long long)tally_clock_now() + 60);
	struct tally_span payload = tally_span(text, (size_t)n);

	FUZZ_ASSERT(gives_token(grant, header, payload, finish_signed, ""));
	FUZZ_ASSERT(gives_token(client_auth, header, payload, finish_signed, ""));
	FUZZ_ASSERT(!gives_token(client_auth, TALLY_SPAN("{\"alg\":\"HS256\"}"), payload, finish_mac,
				 "\"invalid_client\"")); /* its jti is used */
}

static void open_service(void)
{
	char der[TALLY_KEY_DER_MAX];
	struct tally_key *key;
	struct tally_buf buf;

	if (service.app != NULL)
		return;
	FUZZ_ASSERT(tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) == TALLY_OK);
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	tally_fake_service_open(&service, "EdDSA", "[tokens]\nalgorithm = EdDSA\n");
	tally_buf_over(&buf, der, sizeof(der));
	FUZZ_ASSERT(tally_key_generate(tally_alg(TALLY_ALG_EDDSA), &key) == TALLY_OK);
	FUZZ_ASSERT(tally_key_add_public_der(key, &buf) == TALLY_OK);
	FUZZ_ASSERT(tally_signer_new(key, NULL, NULL, &signer) == TALLY_OK);
	tally_key_free(key);
	add_principals(tally_buf_span(&buf));
	try_good();
}

/* ---- the rules once more, as they stand in the standards ---- */

static bool is_text(const struct tally_json *object, const char *name, const char *want)
{
	struct tally_span text;

	return tally_json_string(tally_json_member(object, name), &text) &&
	       tally_span_eq(text, tally_span_of(want));
}

/* Whether one of the audience is wanted, or all of it. */
static bool is_for(const struct tally_json *claims, const char *wanted, bool alone)
{
	const struct tally_json *aud = tally_json_member(claims, "aud");
	struct tally_span text;
	size_t found = 0, count = 0;

	if (tally_json_string(aud, &text))
		return tally_span_eq(text, tally_span_of(wanted));
	for (const struct tally_json *one = tally_json_first(aud); one; one = tally_json_next(one)) {
		FUZZ_ASSERT(tally_json_string(one, &text));
		found += tally_span_eq(text, tally_span_of(wanted));
		count++;
	}
	return alone ? found == 1 && count == 1 : found > 0;
}

static bool is_between(const struct tally_json *claims, const char *name, int64_t least,
		       int64_t most)
{
	const struct tally_json *member = tally_json_member(claims, name);
	int64_t value;

	return tally_json_floor(member, &value) && value >= least && value <= most;
}

static void check_accepted(struct tally_span header, struct tally_span payload, bool is_client)
{
	int64_t now = tally_clock_now();
	struct tally_json *json, *claims;

	FUZZ_ASSERT(tally_json_parse(header, TALLY_JWS_HEADER_MAX, &json) == TALLY_OK);
	FUZZ_ASSERT(tally_json_member(json, "crit") == NULL);
	FUZZ_ASSERT(is_text(json, "alg", "EdDSA") || (is_client && is_text(json, "alg", "HS256")));
	FUZZ_ASSERT(is_client || is_text(json, "kid", KID));
	FUZZ_ASSERT(tally_json_parse(payload, TALLY_JWS_MAX, &claims) == TALLY_OK);
	FUZZ_ASSERT(is_text(claims, "iss", WHO) && is_text(claims, "sub", WHO));
	FUZZ_ASSERT(is_for(claims, ISSUER, is_client) ||
		    (!is_client && is_for(claims, ISSUER "/oauth2/token", false)));
	FUZZ_ASSERT(is_between(claims, "exp", now + 1, now + 3610));
	FUZZ_ASSERT((is_client && tally_json_member(claims, "iat") == NULL) ||
		    is_between(claims, "iat", now - 3600, now + 10));
	FUZZ_ASSERT(!is_client || tally_json_member(claims, "jti") != NULL);
	tally_json_free(claims);
	tally_json_free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_span payload = tally_span(data, size);
	struct tally_span header = tally_span_cut(&payload, '\n');

	if (size > TALLY_JWS_MAX)
		return 0;
	open_service();
	if (gives_token(grant, header, payload, finish_signed, "\"invalid_grant\""))
		check_accepted(header, payload, false);
	if (gives_token(client_auth, header, payload, finish_signed, "\"invalid_client\""))
		check_accepted(header, payload, true);
	if (gives_token(client_auth, header, payload, finish_mac, "\"invalid_client\""))
		check_accepted(header, payload, true);
	/* So that what one input used up does not refuse the next. */
	tally_fake_clock_advance(3700);
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	return 0;
}
