/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a status list of 1000 entries of 2 bits and a token that refers to one of
 * them, without a server:
 *
 *   list_tool FOLDER URI INDEX VALUE [KEY.pem CHAIN.pem]
 *
 * writes list.jwt and list.cwt, token.jwt (an access token), token.cwt, expired.jwt
 * and beyond.jwt (tokens: one has expired, one names the entry behind the last),
 * stale.jwt (a list that has expired), and jwks.json. With a key (ES256)
 * and certificates these are in the headers of the lists, without kid.
 */
#include "config.h"

#include "codec/bits.h"
#include "codec/cbor_out.h"
#include "codec/deflate.h"
#include "crypt/cose.h"
#include "status/format.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define ENTRIES 1000u
#define BITS    2u
#define OUT_MAX 65536u

static const char *folder;
static struct tally_arena *arena;

static void must(enum tally_err err, const char *what)
{
	if (err == TALLY_OK)
		return;
	fprintf(stderr, "list_tool: %s: %s\n", what, tally_err_text(err));
	exit(1);
}

static void put(const char *name, struct tally_buf *content)
{
	FILE *file = fopen(tally_arena_printf(arena, "%s/%s", folder, name), "wb");

	must(tally_buf_err(content), name);
	must(file != NULL ? TALLY_OK : TALLY_ERR_IO, name);
	fwrite(content->p, 1, content->n, file);
	must(fclose(file) == 0 ? TALLY_OK : TALLY_ERR_IO, name);
	content->n = 0;
}

static void compress(uint32_t index, unsigned int value, struct tally_buf *lst)
{
	uint8_t list[ENTRIES * BITS / 8] = { 0 };

	tally_bits_set(list, BITS, index, value);
	must(tally_deflate(TALLY_ZLIB, TALLY_LIST_LEVEL, tally_span(list, sizeof(list)), lst),
	     "compress");
}

static void put_list(const char *name, enum tally_format format, const struct tally_list_key *key,
		     const struct tally_list_token *token)
{
	struct tally_list_signer *signer;
	struct tally_buf out;

	tally_buf_grow(&out, OUT_MAX);
	must(tally_list_signer_new(format, key, &signer), "signer");
	must(tally_list_sign(signer, token, &out), "list");
	put(name, &out);
	tally_list_signer_free(signer);
	tally_buf_free(&out);
}

static void put_lists(const struct tally_list_key *key, const char *uri, uint32_t index,
		      unsigned int value)
{
	struct tally_list_token token = {
		.uri = tally_span_of(uri),
		.iat = tally_clock_now(),
		.exp = tally_clock_now() + 3600,
		.ttl = 60,
		.bits = BITS,
	};
	struct tally_buf lst;

	tally_buf_grow(&lst, OUT_MAX);
	compress(index, value, &lst);
	token.lst = tally_buf_span(&lst);
	put_list("list.jwt", TALLY_LIST_JWT, key, &token);
	put_list("list.cwt", TALLY_LIST_CWT, key, &token);
	token.exp = token.iat - 1;
	put_list("stale.jwt", TALLY_LIST_JWT, key, &token);
	tally_buf_free(&lst);
}

static void put_jwt(const char *name, struct tally_key *key, struct tally_span claims)
{
	struct tally_signer *signer;
	struct tally_buf out;

	tally_buf_grow(&out, OUT_MAX);
	must(tally_signer_new(key, "k1", "at+jwt", &signer), "signer");
	must(tally_signer_sign(signer, claims, &out), "token");
	put(name, &out);
	tally_signer_free(signer);
	tally_buf_free(&out);
}

/* {65535: {"status_list": {"idx": …, "uri": …}}} (draft §6.3) */
static void put_cwt(struct tally_key *key, const char *uri, uint32_t index)
{
	const struct tally_signer_header header = { .kid = "k1" };
	struct tally_cose_signer *signer;
	struct tally_buf claims, out;

	tally_buf_grow(&claims, OUT_MAX);
	tally_buf_grow(&out, OUT_MAX);
	tally_cbor_add_map(&claims, 1);
	tally_cbor_add_u64(&claims, 65535);
	tally_cbor_add_map(&claims, 1);
	tally_cbor_add_text(&claims, TALLY_SPAN("status_list"));
	tally_cbor_add_map(&claims, 2);
	tally_cbor_add_text(&claims, TALLY_SPAN("idx"));
	tally_cbor_add_u64(&claims, index);
	tally_cbor_add_text(&claims, TALLY_SPAN("uri"));
	tally_cbor_add_text(&claims, tally_span_of(uri));
	must(tally_cose_signer_new(key, &header, &signer), "signer");
	must(tally_cose_sign1(signer, tally_buf_span(&claims), &out), "token");
	put("token.cwt", &out);
	tally_cose_signer_free(signer);
	tally_buf_free(&claims);
	tally_buf_free(&out);
}

static void put_tokens(struct tally_key *key, const char *uri, uint32_t index)
{
	const char *const claims = "{\"exp\":%lld,\"status\":{\"status_list\":{\"idx\":%u,"
				   "\"uri\":\"%s\"}}}";
	long long now = (long long)tally_clock_now();

	put_jwt("token.jwt", key,
		tally_span_of(tally_arena_printf(arena, claims, now + 3600, index, uri)));
	put_jwt("expired.jwt", key,
		tally_span_of(tally_arena_printf(arena, claims, now - 1, index, uri)));
	put_jwt("beyond.jwt", key,
		tally_span_of(tally_arena_printf(arena, claims, now + 3600, ENTRIES, uri)));
	put_cwt(key, uri, index);
}

static void put_jwks(const struct tally_key *key)
{
	struct tally_json_out json;
	struct tally_buf out;

	tally_buf_grow(&out, OUT_MAX);
	tally_json_begin(&json, &out);
	tally_json_object(&json, NULL);
	tally_json_array(&json, "keys");
	must(tally_key_add_jwk(key, "k1", &json), "jwk");
	tally_json_array_end(&json);
	tally_json_object_end(&json);
	put("jwks.json", &out);
	tally_buf_free(&out);
}

static struct tally_key *load_key(const char *path)
{
	const char *uri = tally_arena_printf(arena, "file:%s", path);
	struct tally_key *key;

	must(tally_key_from_uri(tally_alg(TALLY_ALG_ES256), uri, &key), path);
	return key;
}

int main(int argc, char **argv)
{
	struct tally_list_key by = { .kid = "k1" };
	struct tally_chain chain;
	uint64_t index = 0, value = 0;

	if (argc != 5 && argc != 7)
		return 2;
	folder = argv[1];
	arena = tally_arena_new(OUT_MAX, 16 * OUT_MAX);
	must(tally_span_to_u64(tally_span_of(argv[3]), ENTRIES - 1, &index), "INDEX");
	must(tally_span_to_u64(tally_span_of(argv[4]), 3, &value), "VALUE");
	if (argc == 7) {
		by.key = load_key(argv[5]);
		must(tally_chain_load(argv[6], by.key, arena, &chain), argv[6]);
		by.chain = &chain;
		by.kid = NULL;
	} else {
		must(tally_key_generate(tally_alg(TALLY_ALG_ES256), &by.key), "key");
	}
	put_lists(&by, argv[2], (uint32_t)index, (unsigned int)value);
	put_tokens(by.key, argv[2], (uint32_t)index);
	put_jwks(by.key);
	tally_key_free(by.key);
	tally_arena_free(arena);
	return 0;
}
