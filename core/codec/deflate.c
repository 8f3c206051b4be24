/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/deflate.h"

#include <libdeflate.h>

/* RFC 1951: two bits make at most 258 bytes, and every block needs some more. */
#define RATIO_MAX 1032u

#define FIRST_GUESS 65536u

/* libdeflate has no common type for its two containers' functions. */
static size_t bound_of(enum tally_deflate form, struct libdeflate_compressor *with, size_t n)
{
	return form == TALLY_GZIP ? libdeflate_gzip_compress_bound(with, n)
				  : libdeflate_zlib_compress_bound(with, n);
}

static size_t compress(enum tally_deflate form, struct libdeflate_compressor *with,
		       struct tally_span data, char *out, size_t size)
{
	return form == TALLY_GZIP ? libdeflate_gzip_compress(with, data.p, data.n, out, size)
				  : libdeflate_zlib_compress(with, data.p, data.n, out, size);
}

enum tally_err tally_deflate(enum tally_deflate form, int level, struct tally_span data,
			     struct tally_buf *out)
{
	struct libdeflate_compressor *with = libdeflate_alloc_compressor(level);
	size_t start = out->n;

	if (with == NULL)
		return TALLY_ERR_NOMEM;
	size_t size = bound_of(form, with, data.n);
	size_t left = out->max - out->n;

	/* Room for the worst case, of which pages are taken only as they are written. */
	size = size < left ? size : left;
	char *room = tally_buf_room(out, size);
	size_t n = room ? compress(form, with, data, room, size) : 0;

	libdeflate_free_compressor(with);
	if (room == NULL)
		return tally_buf_err(out);
	out->n = start + n;
	if (n == 0)
		out->err = TALLY_ERR_LIMIT;
	return tally_buf_err(out);
}

static enum libdeflate_result decompress(enum tally_deflate form, struct tally_span data,
					 struct libdeflate_decompressor *with, char *out,
					 size_t size, size_t *n)
{
	size_t taken = 0;
	enum libdeflate_result result =
		form == TALLY_GZIP
			? libdeflate_gzip_decompress_ex(with, data.p, data.n, out, size, &taken, n)
			: libdeflate_zlib_decompress_ex(with, data.p, data.n, out, size, &taken, n);

	/* The library stops at the end of the stream, wherever that is. */
	return result == LIBDEFLATE_SUCCESS && taken != data.n ? LIBDEFLATE_BAD_DATA : result;
}

/*
 * The library wants the whole room at once and starts again when it was too
 * small, so the room doubles.
 */
static enum tally_err inflate(enum tally_deflate form, struct tally_span data, size_t most,
			      struct libdeflate_decompressor *with, struct tally_buf *out)
{
	size_t start = out->n, size = most < FIRST_GUESS ? most : FIRST_GUESS, n = 0;
	char none;

	for (;;) {
		char *room = size > 0 ? tally_buf_room(out, size) : &none;

		if (room == NULL)
			return tally_buf_err(out);
		enum libdeflate_result result = decompress(form, data, with, room, size, &n);

		out->n = start + (result == LIBDEFLATE_SUCCESS ? n : 0);
		if (result == LIBDEFLATE_SUCCESS)
			return TALLY_OK;
		if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
			return TALLY_ERR_SYNTAX;
		if (size == most)
			return TALLY_ERR_LIMIT;
		size = size < most / 2 ? size * 2 : most;
	}
}

enum tally_err tally_inflate(enum tally_deflate form, struct tally_span data, size_t most,
			     struct tally_buf *out)
{
	size_t left = out->max - out->n;
	size_t possible;

	/* Never more memory than these data can fill, whatever is allowed. */
	if (__builtin_mul_overflow(data.n, RATIO_MAX, &possible))
		possible = SIZE_MAX;
	most = most < left ? most : left;
	most = most < possible ? most : possible;
	struct libdeflate_decompressor *with = libdeflate_alloc_decompressor();

	if (with == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = inflate(form, data, most, with, out);

	libdeflate_free_decompressor(with);
	return err;
}
