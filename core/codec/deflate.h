/* SPDX-License-Identifier: Apache-2.0 */
/* DEFLATE (RFC 1951) of whole buffers, by libdeflate. */
#ifndef TALLY_CODEC_DEFLATE_H
#define TALLY_CODEC_DEFLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum tally_deflate {
	TALLY_ZLIB, /* RFC 1950, as status lists have it (draft §4.1) */
	TALLY_GZIP  /* RFC 1952, Content-Encoding: gzip */
};

/*
 * Appends data in compressed form. level: 1 (fast) to 12 (small). The same
 * library gives the same bytes. TALLY_ERR_NOMEM, TALLY_ERR_LIMIT (out is full).
 */
enum tally_err tally_deflate(enum tally_deflate form, int level, struct tally_span data,
			     struct tally_buf *out) TALLY_MUST_CHECK;

/*
 * Appends what was compressed, at most `most` bytes: TALLY_ERR_LIMIT when there
 * is more; TALLY_ERR_SYNTAX: it is damaged, or something stands behind it.
 */
enum tally_err tally_inflate(enum tally_deflate form, struct tally_span data, size_t most,
			     struct tally_buf *out) TALLY_MUST_CHECK;

#endif
