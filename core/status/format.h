/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms in which a Status List Token is published: one file each under
 * format/, one row each in format.def. (draft-ietf-oauth-status-list §5)
 */
#ifndef TALLY_STATUS_FORMAT_H
#define TALLY_STATUS_FORMAT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/chain.h"
#include "crypt/key.h"

enum tally_format {
#define TALLY_FORMAT(id, suffix, media_type) TALLY_LIST_##id,
#include "status/format.def"
#undef TALLY_FORMAT
	TALLY_LIST_FORMATS
};

/*
 * How hard libdeflate tries (tally_deflate). A list: the draft recommends the
 * highest level (§4.1); 10 is the first that searches for the best parse, and
 * smaller than zlib's highest by a tenth. 11 and 12 take a fifth and a third longer
 * for one per cent. A JWT in gzip: base64 has nothing to find but its alphabet.
 */
#define TALLY_LIST_LEVEL 10
#define TALLY_LIST_GZIP_LEVEL 4

/* What a Status List Token says, whatever its form. */
struct tally_list_token {
	struct tally_span uri;    /* "sub" */
	struct tally_span issuer; /* "iss"; empty: left out */
	int64_t iat;
	int64_t exp;                   /* 0: left out */
	uint32_t ttl;                  /* seconds; 0: left out */
	unsigned int bits;             /* 1, 2, 4 or 8 */
	struct tally_span lst;         /* the list, compressed (ZLIB) */
	struct tally_span aggregation; /* URI; empty: left out */
};

/* Who signs: the same for every form, which each puts where it belongs. */
struct tally_list_key {
	struct tally_key *key;           /* private */
	const char *kid;                 /* NULL: left out */
	const struct tally_chain *chain; /* x5c, x5chain; NULL: left out */
};

/*
 * Makes tokens of one form with one key: made once per pool and form, since what
 * can be prepared is prepared. Belongs to one thread at a time; holds the key
 * and copies of the rest. Owned. Errors as of tally_signer_new_with.
 */
struct tally_list_signer;
enum tally_err tally_list_signer_new(enum tally_format format, const struct tally_list_key *key,
				     struct tally_list_signer **out) TALLY_MUST_CHECK;
void tally_list_signer_free(struct tally_list_signer *signer);

/*
 * Appends the signed token to out, which must have room for
 * tally_list_token_size(token, signer). TALLY_ERR_CRYPTO (logged),
 * TALLY_ERR_NOMEM, TALLY_ERR_LIMIT; nothing is appended then.
 */
enum tally_err tally_list_sign(struct tally_list_signer *signer,
			       const struct tally_list_token *token,
			       struct tally_buf *out) TALLY_MUST_CHECK;

/* Bytes of the signed token at the most. */
size_t tally_list_token_size(const struct tally_list_signer *signer,
			     const struct tally_list_token *token);

/* What a form is, and what its file under format/ implements. */
struct tally_list_format {
	enum tally_format id;
	const char *media_type; /* "application/statuslist+jwt" */
	const char *suffix;     /* of its file: "jwt" */
	const struct tally_list_writer *writer;
};

const struct tally_list_format *tally_list_format(enum tally_format id);

/* A form's own signer is a void *, which only its file knows. */
struct tally_list_writer {
	enum tally_err (*open)(const struct tally_list_key *key, void **signer);
	void (*close)(void *signer);
	size_t (*size)(const void *signer, const struct tally_list_token *token);
	enum tally_err (*write)(void *signer, const struct tally_list_token *token,
				struct tally_buf *out);
};

#define TALLY_FORMAT(id, suffix, media_type)                                                       \
	extern const struct tally_list_writer tally_list_writer_##suffix;
#include "status/format.def"
#undef TALLY_FORMAT

#endif
