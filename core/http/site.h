/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays the same from one reload to the next: the configuration, the keys,
 * and everything that is made of them once instead of per request. A site is
 * immutable; a reload makes another one and the threads move over to it.
 */
#ifndef TALLY_HTTP_SITE_H
#define TALLY_HTTP_SITE_H

#include "base/span.h"
#include "crypt/alg.h"
#include "crypt/derive.h"
#include "store/keyset.h"
#include "sys/conf.h"

/* A body that is ready to be sent, with its caching. */
struct tally_document {
	struct tally_span body;
	const char *cache_control;
};

struct tally_site {
	const struct tally_conf *conf;
	const struct tally_keyset *keys;   /* NULL: not loaded yet */
	const struct tally_alg *token_alg; /* of access tokens */
	struct tally_span issuer;
	struct tally_span mount;           /* path in front of our routes; "" at the root */
	struct tally_span audience;        /* of tokens whose client has none of its own */
	const struct tally_wrap_keys *wrap;      /* for secrets at rest; may hold none */
	const struct tally_derived_keys *sealing; /* for sealed refresh tokens */
	struct tally_document jwks;
	struct tally_document metadata;
};

#endif
