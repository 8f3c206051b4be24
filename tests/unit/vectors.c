/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FILE_MAX 65536u

struct tally_span vector_text(struct tally_arena *arena, const char *name)
{
	char path[1024];
	const char *root = getenv("TALLY_SRCDIR");

	snprintf(path, sizeof(path), "%s/tests/vectors/%s", root ? root : ".", name);
	FILE *file = fopen(path, "rb");
	char *text = tally_arena_alloc(arena, FILE_MAX);

	if (file == NULL)
		print_message("# no file %s\n", path);
	assert_non_null(file);
	assert_non_null(text);
	size_t n = fread(text, 1, FILE_MAX, file);

	fclose(file);
	assert_true(n >= 1 && n < FILE_MAX);
	return tally_span(text, text[n - 1] == '\n' ? n - 1 : n);
}

static enum tally_err load_pem(enum tally_alg_id alg, const char *name, struct tally_key **out)
{
	struct tally_arena *arena = tally_arena_new(FILE_MAX, 2 * FILE_MAX);
	enum tally_err err = tally_key_from_pem(tally_alg(alg), vector_text(arena, name), out);

	tally_arena_free(arena);
	return err;
}

static enum tally_err load_jwk(enum tally_alg_id alg, struct tally_span text,
			       struct tally_key **out)
{
	struct tally_json *json;
	enum tally_err err = tally_json_parse(text, FILE_MAX, &json);

	assert_int_equal(err, TALLY_OK);
	err = tally_key_from_jwk(tally_alg(alg), json, out);
	tally_json_free(json);
	return err;
}

struct tally_key *vector_pem(enum tally_alg_id alg, const char *name)
{
	struct tally_key *key;

	assert_int_equal(load_pem(alg, name, &key), TALLY_OK);
	return key;
}

struct tally_key *vector_jwk(enum tally_alg_id alg, const char *name)
{
	struct tally_arena *arena = tally_arena_new(FILE_MAX, 2 * FILE_MAX);
	struct tally_key *key;

	assert_int_equal(load_jwk(alg, vector_text(arena, name), &key), TALLY_OK);
	tally_arena_free(arena);
	return key;
}

enum tally_err jwk_err(enum tally_alg_id alg, const char *text)
{
	struct tally_key *key;
	enum tally_err err = load_jwk(alg, tally_span_of(text), &key);

	tally_key_free(key);
	return err;
}

enum tally_err pem_err(enum tally_alg_id alg, const char *name)
{
	struct tally_key *key;
	enum tally_err err = load_pem(alg, name, &key);

	tally_key_free(key);
	return err;
}
