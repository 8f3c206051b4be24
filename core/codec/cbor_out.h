/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBOR out (RFC 8949): an append-only writer over a tally_buf, in the shortest
 * form and with definite lengths. The caller appends as many items as the head
 * of a map or an array has announced, and the keys of a map in the order of
 * their bytes (§4.2.1), so that one value has one form. Failures stay in the
 * buffer (tally_buf_err).
 */
#ifndef TALLY_CODEC_CBOR_OUT_H
#define TALLY_CODEC_CBOR_OUT_H

#include <stdint.h>

#include "base/buf.h"

/* Bytes of the longest head: the major type and a 64-bit argument. */
#define TALLY_CBOR_HEAD_MAX 9u

void tally_cbor_add_u64(struct tally_buf *buf, uint64_t value);
void tally_cbor_add_i64(struct tally_buf *buf, int64_t value);
void tally_cbor_add_bytes(struct tally_buf *buf, struct tally_span bytes);
void tally_cbor_add_text(struct tally_buf *buf, struct tally_span utf8);

/* Heads, behind which the caller appends what they announce. */
void tally_cbor_add_bytes_head(struct tally_buf *buf, uint64_t n);
void tally_cbor_add_array(struct tally_buf *buf, uint64_t elements);
void tally_cbor_add_map(struct tally_buf *buf, uint64_t pairs);
void tally_cbor_add_tag(struct tally_buf *buf, uint64_t tag);

#endif
