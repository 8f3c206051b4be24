/* SPDX-License-Identifier: Apache-2.0 */
/* What a client is willing to get (RFC 9110 §12.5). */
#ifndef TALLY_CODEC_ACCEPT_H
#define TALLY_CODEC_ACCEPT_H

#include <stdbool.h>

#include "base/span.h"

#define TALLY_ACCEPT_RANGES_MAX 64u /* media ranges that are read; more is malformed */

/*
 * Which of the offered media types a client likes best by its Accept header
 * (RFC 9110 §12.5.1: the most specific range that matches a type gives its
 * quality; parameters other than q make a range match nothing of ours). Of
 * equals the first offered wins. No header (p NULL) or an empty one accepts
 * everything; what is malformed is passed over. Returns the number of the offer;
 * count: nothing is acceptable (406).
 */
size_t tally_accept_type(struct tally_span header, const struct tally_span *offers, size_t count);

/* Whether Accept-Encoding (§12.5.3) takes this coding, such as "gzip". */
bool tally_accept_coding(struct tally_span header, struct tally_span coding);

/* Whether an If-None-Match header (§13.1.2; weak comparison, lists, "*") names this ETag. */
bool tally_accept_etag(struct tally_span header, struct tally_span etag);

#endif
