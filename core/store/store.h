/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Tallystick keeps, as operations of the domain: no SQL in sight. A store
 * is a table of functions, so that tests can put one in memory that fails when
 * they say so. Any thread may call any operation at any time.
 *
 * Every operation returns TALLY_ERR_UNAVAILABLE when the store cannot be
 * reached or does not answer in time (after its own bounded retries), and has
 * then logged why. Records and their spans live in the arena that the caller
 * gives. Times are UTC seconds; 0 stands for "not" (not disabled, no expiry).
 *
 * What is stored is refused with TALLY_ERR_LIMIT when an id is empty or longer
 * than TALLY_ID_MAX or a text longer than its column, and with TALLY_ERR_SYNTAX
 * when a text is not UTF-8, or not ASCII (scopes, grants, audience). What is
 * looked for is any bytes: an id that could not be stored is not found.
 */
#ifndef TALLY_STORE_STORE_H
#define TALLY_STORE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#define TALLY_ID_MAX 64u           /* client_id and kid, in characters */
#define TALLY_NAME_MAX 255u        /* names for people, in bytes */
#define TALLY_SECRETS_MAX 8u       /* live secrets of one client */
#define TALLY_KEYS_MAX 256u        /* signing keys, the retired ones too */
#define TALLY_SCOPE_TEXT_MAX 4096u /* a list of scopes, in characters */

struct tally_secret_record {
	struct tally_span secret_id; /* short, public: names the secret to people */
	uint8_t digest[32];          /* SHA-256 of the secret */
	int64_t created_at;
	int64_t expires_at;          /* 0: never */
};

/* A client as it is kept. Lists are words with one blank between them. */
struct tally_client_record {
	struct tally_span client_id;
	struct tally_span name;
	struct tally_span grants;         /* grant types */
	struct tally_span scopes;         /* scopes and patterns that it may get */
	struct tally_span default_scopes; /* granted when it asks for none */
	struct tally_span audience;       /* empty: the configured one */
	uint32_t access_lifetime;         /* seconds; 0: the configured one */
	int64_t created_at;
	int64_t disabled_at;              /* 0: enabled */
	struct tally_secret_record *secrets;
	size_t secret_count;
};

/*
 * A signing key as it is kept. It is published from created_at on, signs from
 * activate_at on until another of its algorithm does, and is retired (published
 * only for the tokens that it signed) from retired_at on.
 */
struct tally_key_record {
	struct tally_span kid;
	struct tally_span alg;         /* JOSE name */
	struct tally_span public_der;  /* SubjectPublicKeyInfo */
	struct tally_span wrapped;     /* sealed PKCS #8; empty: uri is used */
	struct tally_span uri;         /* for OpenSSL's store; empty: wrapped is used */
	int64_t created_at;
	int64_t activate_at;           /* 0: not yet */
	int64_t retired_at;            /* 0: not */
};

struct tally_store;

/* Called once per record; what it returns other than TALLY_OK ends the listing. */
typedef enum tally_err tally_client_visit(void *context, const struct tally_client_record *client);

struct tally_store_ops {
	/* Whether the store answers now. */
	enum tally_err (*ping)(struct tally_store *store);

	/* With its secrets. TALLY_ERR_NOT_FOUND. client_id is matched byte for byte. */
	enum tally_err (*client_find)(struct tally_store *store, struct tally_arena *arena,
				      struct tally_span client_id,
				      struct tally_client_record *out);

	/* All clients with their secrets in the order of client_id, read in pages. */
	enum tally_err (*client_list)(struct tally_store *store, tally_client_visit *visit,
				      void *context);

	/* With its secrets, all or nothing. TALLY_ERR_EXISTS. */
	enum tally_err (*client_add)(struct tally_store *store,
				     const struct tally_client_record *client);

	/* at 0 enables. TALLY_ERR_NOT_FOUND. */
	enum tally_err (*client_disable)(struct tally_store *store, struct tally_span client_id,
					 int64_t at);

	/* With its secrets. TALLY_ERR_NOT_FOUND. */
	enum tally_err (*client_remove)(struct tally_store *store, struct tally_span client_id);

	/*
	 * TALLY_ERR_NOT_FOUND, TALLY_ERR_EXISTS (that secret_id), TALLY_ERR_LIMIT
	 * (TALLY_SECRETS_MAX live ones at time now; expired ones are removed).
	 */
	enum tally_err (*client_secret_add)(struct tally_store *store, struct tally_span client_id,
					    const struct tally_secret_record *secret, int64_t now);

	/* TALLY_ERR_NOT_FOUND: no such client or secret. */
	enum tally_err (*client_secret_remove)(struct tally_store *store,
					       struct tally_span client_id,
					       struct tally_span secret_id);

	/* All keys in the order of created_at, kid; the array is the arena's. */
	enum tally_err (*key_list)(struct tally_store *store, struct tally_arena *arena,
				   struct tally_key_record **out, size_t *count);

	/* TALLY_ERR_EXISTS; TALLY_ERR_LIMIT: there are TALLY_KEYS_MAX. */
	enum tally_err (*key_add)(struct tally_store *store, const struct tally_key_record *key);

	/* TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: the key is retired. */
	enum tally_err (*key_activate)(struct tally_store *store, struct tally_span kid,
				       int64_t at);

	/* TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: retired already. */
	enum tally_err (*key_retire)(struct tally_store *store, struct tally_span kid, int64_t at);

	/* TALLY_ERR_NOT_FOUND. */
	enum tally_err (*key_remove)(struct tally_store *store, struct tally_span kid);

	void (*close)(struct tally_store *store);
};

/* The first member of every implementation. */
struct tally_store {
	const struct tally_store_ops *ops;
};

#endif
