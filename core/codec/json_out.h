/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON out: an append-only writer over a tally_buf, without blanks. The writer
 * places the commas; the caller pairs begin and end. Failures stay in the
 * buffer (tally_buf_err).
 */
#ifndef TALLY_CODEC_JSON_OUT_H
#define TALLY_CODEC_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct tally_json_out {
	struct tally_buf *buf;
	bool comma; /* a comma goes before the next member or element */
};

void tally_json_begin(struct tally_json_out *out, struct tally_buf *buf);

/* name NULL: an element of an array, or the outermost value. */
void tally_json_object(struct tally_json_out *out, const char *name);
void tally_json_object_end(struct tally_json_out *out);
void tally_json_array(struct tally_json_out *out, const char *name);
void tally_json_array_end(struct tally_json_out *out);

/* Bytes that are no UTF-8 are written as U+FFFD. */
void tally_json_add_span(struct tally_json_out *out, const char *name, struct tally_span value);
void tally_json_add_str(struct tally_json_out *out, const char *name, const char *value);
void tally_json_add_i64(struct tally_json_out *out, const char *name, int64_t value);
void tally_json_add_bool(struct tally_json_out *out, const char *name, bool value);
void tally_json_add_null(struct tally_json_out *out, const char *name);

/*
 * A string whose characters the caller appends to the buffer between the two
 * calls: ASCII that needs no escape, such as base64url.
 */
void tally_json_string_begin(struct tally_json_out *out, const char *name);
void tally_json_string_end(struct tally_json_out *out);

/* text is JSON already. */
void tally_json_add_raw(struct tally_json_out *out, const char *name, struct tally_span text);

/* bytes as base64url without padding, in quotes. */
void tally_json_add_b64url(struct tally_json_out *out, const char *name, const void *bytes,
			   size_t n);

#endif
