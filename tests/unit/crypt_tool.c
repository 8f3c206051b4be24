/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our keys and signatures on the command line, for the comparison with other
 * implementations in crypt_oracle.
 *
 *   crypt_tool generate ALG                 a private key, PKCS #8 DER
 *   crypt_tool jwk ALG KEY.der              its public part
 *   crypt_tool thumbprint ALG KEY.der
 *   crypt_tool spki ALG KEY.der             its public part as DER
 *   crypt_tool sign ALG KEY.der < payload   a compact JWS
 *   crypt_tool raw ALG KEY.der < data       the bare signature
 *   crypt_tool verify ALG KEY.jwk < JWS     the payload; exit status 1 if false
 */
#include "config.h"

#include "base/arena.h"
#include "crypt/jws.h"
#include "crypt/key.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX 65536u

static struct tally_arena *arena;

static void must(enum tally_err err, const char *what)
{
	if (err == TALLY_OK)
		return;
	fprintf(stderr, "crypt_tool: %s: %s\n", what, tally_err_text(err));
	exit(1);
}

static struct tally_span read_all(FILE *file, const char *name)
{
	char *bytes = tally_arena_alloc(arena, INPUT_MAX);

	if (file == NULL || bytes == NULL)
		must(TALLY_ERR_IO, name);
	return tally_span(bytes, fread(bytes, 1, INPUT_MAX, file));
}

static struct tally_span read_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	struct tally_span text = read_all(file, name);

	fclose(file);
	return text;
}

static void put_jwk(struct tally_key *key, struct tally_buf *out)
{
	struct tally_json_out json;

	tally_json_begin(&json, out);
	must(tally_key_add_jwk(key, "k1", &json), "jwk");
}

static void put_thumbprint(struct tally_key *key, struct tally_buf *out)
{
	char text[TALLY_THUMBPRINT_SIZE + 1];

	must(tally_key_thumbprint(key, text), "thumbprint");
	tally_buf_add_str(out, text);
}

static void put_spki(struct tally_key *key, struct tally_buf *out)
{
	must(tally_key_add_public_der(key, out), "spki");
}

static void put_signed(struct tally_key *key, struct tally_buf *out)
{
	struct tally_signer *signer;

	must(tally_signer_new(key, "k1", "at+jwt", &signer), "signer");
	must(tally_signer_sign(signer, read_all(stdin, "stdin"), out), "sign");
	tally_signer_free(signer);
}

static void put_raw(struct tally_key *key, struct tally_buf *out)
{
	struct tally_signer *signer;

	must(tally_signer_new(key, NULL, NULL, &signer), "signer");
	must(tally_signer_sign_raw(signer, read_all(stdin, "stdin"), out), "sign");
	tally_signer_free(signer);
}

static void put_private(struct tally_key *key, struct tally_buf *out)
{
	must(tally_key_add_private_der(key, out), "generate");
}

static void put_verified(struct tally_key *key, struct tally_buf *out)
{
	struct tally_jws jws;

	must(tally_jws_parse(read_all(stdin, "stdin"), arena, &jws), "parse");
	must(tally_jws_verify(&jws, key), "verify");
	tally_buf_add_span(out, jws.payload);
}

static struct tally_key *load(const struct tally_alg *alg, const char *command, const char *name)
{
	struct tally_key *key;
	struct tally_json *json;

	if (strcmp(command, "generate") == 0) {
		must(tally_key_generate(alg, &key), "generate");
	} else if (strcmp(command, "verify") == 0) {
		must(tally_json_parse(read_file(name), INPUT_MAX, &json), name);
		must(tally_key_from_jwk(alg, json, &key), name);
		tally_json_free(json);
	} else {
		must(tally_key_from_der(alg, read_file(name), &key), name);
	}
	return key;
}

static const struct {
	const char *name;
	void (*put)(struct tally_key *key, struct tally_buf *out);
} commands[] = {
	{ "generate", put_private }, { "jwk", put_jwk },     { "thumbprint", put_thumbprint },
	{ "spki", put_spki },        { "sign", put_signed }, { "raw", put_raw },
	{ "verify", put_verified },
};

int main(int argc, char **argv)
{
	const struct tally_alg *alg = argc > 2 ? tally_alg_find(tally_span_of(argv[2])) : NULL;
	struct tally_buf out;

	arena = tally_arena_new(INPUT_MAX, 8 * INPUT_MAX);
	if (alg == NULL || arena == NULL)
		must(TALLY_ERR_USAGE, "COMMAND ALG [KEY]");
	tally_buf_grow(&out, INPUT_MAX);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		struct tally_key *key = load(alg, argv[1], argv[3]);

		commands[i].put(key, &out);
		tally_key_free(key);
	}
	must(tally_buf_err(&out), "output");
	fwrite(out.p, 1, out.n, stdout);
	tally_buf_free(&out);
	tally_arena_free(arena);
	return 0;
}
