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
#include "crypt/jws.h"

enum tally_format {
#define TALLY_FORMAT(id, media_type, suffix) TALLY_LIST_##id,
#include "status/format.def"
#undef TALLY_FORMAT
	TALLY_LIST_FORMATS
};

/* What a Status List Token says, whatever its form. */
struct tally_list_token {
	struct tally_span uri;          /* "sub" */
	struct tally_span issuer;       /* "iss"; empty: left out */
	int64_t iat;
	int64_t exp;                    /* 0: left out */
	uint32_t ttl;                   /* seconds; 0: left out */
	unsigned int bits;              /* 1, 2, 4 or 8 */
	struct tally_span lst;          /* the list, compressed (ZLIB) */
	struct tally_span aggregation;  /* URI; empty: left out */
};

struct tally_list_format {
	enum tally_format id;
	const char *media_type;  /* "application/statuslist+jwt" */
	const char *suffix;      /* of its file: "jwt" */
	const char *typ;         /* of the signer: "statuslist+jwt" */
	/* Appends the signed token. signer was made for this format. */
	enum tally_err (*write)(const struct tally_list_token *token,
				struct tally_signer *signer, struct tally_buf *out);
};

const struct tally_list_format *tally_list_format(enum tally_format id);

#endif
