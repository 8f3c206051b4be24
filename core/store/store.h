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

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "store/status_ref.h"
#include "store/token_id.h"
#include "sys/pool_conf.h"

#define TALLY_ID_MAX 64u           /* client_id and kid, in characters */
#define TALLY_NAME_MAX 255u        /* names for people, in bytes */
#define TALLY_SECRETS_MAX 8u       /* live secrets of one client */
#define TALLY_PUBLIC_KEYS_MAX 64u  /* public keys of one client or user */
#define TALLY_PUBLIC_DER_MAX 1024u /* a public key, in bytes */
#define TALLY_WRAPPED_MAX 512u     /* a sealed secret, in bytes */
#define TALLY_PASSWORD_TEXT_MAX 255u /* an argon2id text, in characters */
#define TALLY_KEYS_MAX 256u        /* signing keys, the retired ones too */
#define TALLY_SCOPE_TEXT_MAX 4096u /* a list of scopes, in characters */
#define TALLY_SUBJECT_MAX 255u     /* sub of a token, in bytes */
#define TALLY_AUDIENCE_MAX 255u    /* aud of a token, in bytes */
#define TALLY_LOGIN_MAX 254u       /* what a user types, in bytes */
#define TALLY_JWKS_MAX 65536u      /* key set of a trusted issuer, in bytes */

/* The organisation of everybody who names none; it is always there. */
#define TALLY_ORGANISATION_DEFAULT "default"

/* Whom clients and users belong to; when it is disabled, so are they all. */
struct tally_organisation_record {
	struct tally_span organisation_id;
	struct tally_span name;
	int64_t created_at;
	int64_t disabled_at; /* 0: enabled */
};

struct tally_secret_record {
	struct tally_span secret_id; /* short, public: names the secret to people */
	uint8_t digest[32];          /* SHA-256 of the secret */
	int64_t created_at;
	int64_t expires_at;          /* 0: never */
	/*
	 * The secret itself, sealed, for clients that sign with it
	 * (client_secret_jwt); empty for all others.
	 */
	struct tally_span wrapped;
};

/* A public key of a client or of a machine user. */
struct tally_public_key_record {
	struct tally_span key_id;     /* its kid */
	struct tally_span owner;      /* client_id or user_id */
	struct tally_span alg;        /* JOSE name */
	struct tally_span public_der; /* SubjectPublicKeyInfo */
	int64_t created_at;
	int64_t expires_at;           /* 0: never */
};

/* What of a token is kept; each one includes the one before. */
enum tally_persistence {
	TALLY_PERSIST_DEFAULT, /* as configured */
	TALLY_PERSIST_NONE,
	TALLY_PERSIST_REFRESH,
	TALLY_PERSIST_ALL
};

enum tally_token_format { TALLY_FORMAT_DEFAULT, TALLY_FORMAT_JWT, TALLY_FORMAT_OPAQUE };

/* Whether access tokens that are JWTs carry a status. */
enum tally_client_status { TALLY_STATUS_DEFAULT, TALLY_STATUS_OFF, TALLY_STATUS_ON };

/* A client as it is kept. Lists are words with one blank between them. */
struct tally_client_record {
	uint64_t number; /* inside the store; 0: not stored yet */
	struct tally_span client_id;
	struct tally_span name;
	struct tally_span grants;         /* grant types */
	struct tally_span scopes;         /* scopes and patterns that it may get */
	struct tally_span default_scopes; /* granted when it asks for none */
	struct tally_span audience;       /* empty: the configured one */
	uint32_t access_lifetime;         /* seconds; 0: the configured one */
	uint32_t refresh_lifetime;        /* seconds without use; 0: the configured one */
	enum tally_persistence persistence;
	enum tally_token_format format;   /* of its access tokens */
	enum tally_client_status status;  /* of its access tokens */
	bool is_public;                   /* has no secret (RFC 6749 §2.1) */
	bool may_introspect;              /* any token, as a resource server does */
	int64_t created_at;
	int64_t disabled_at;              /* 0: enabled; ask tally_client_is_disabled */
	struct tally_span organisation;   /* added with an empty one: the default */
	int64_t organisation_disabled_at; /* 0: enabled */
	struct tally_secret_record *secrets;
	size_t secret_count;
	struct tally_public_key_record *keys; /* for private_key_jwt */
	size_t key_count;
};

/* By itself, or with its organisation. */
static inline bool tally_client_is_disabled(const struct tally_client_record *client)
{
	return client->disabled_at != 0 || client->organisation_disabled_at != 0;
}

enum tally_user_kind { TALLY_USER_HUMAN, TALLY_USER_MACHINE };

/* A user as it is kept. user_id is "sub" and is never given to another. */
struct tally_user_record {
	uint64_t number; /* inside the store; 0: not stored yet */
	struct tally_span user_id;
	struct tally_span login; /* empty: has none, as machines do */
	struct tally_span name;
	enum tally_user_kind kind;
	struct tally_span password; /* argon2id in its usual text form; empty: has none */
	int64_t created_at;
	int64_t disabled_at;        /* 0: enabled; ask tally_user_is_disabled */
	struct tally_span organisation;   /* added with an empty one: the default */
	int64_t organisation_disabled_at; /* 0: enabled */
};

/* By itself, or with its organisation. */
static inline bool tally_user_is_disabled(const struct tally_user_record *user)
{
	return user->disabled_at != 0 || user->organisation_disabled_at != 0;
}

/* How the subject of a trusted issuer's assertion becomes ours. */
enum tally_subject_mapping {
	TALLY_SUBJECT_AS_IS, /* it is taken as it is; no user is needed */
	TALLY_SUBJECT_LOGIN, /* it is the login of a user */
	TALLY_SUBJECT_USER   /* it is the user_id of a user */
};

/* Somebody whose assertions are accepted (RFC 7523 §2.1). */
struct tally_issuer_record {
	struct tally_span issuer;   /* "iss", byte for byte */
	struct tally_span jwks;     /* its JWK set (RFC 7517 §5) */
	struct tally_span audience; /* "aud"; empty: our issuer or token endpoint */
	enum tally_subject_mapping mapping;
	int64_t created_at;
	int64_t disabled_at;        /* 0: enabled */
};

/* What issuer_set changes; or-ed. */
enum tally_issuer_part {
	TALLY_ISSUER_JWKS = 1 << 0,
	TALLY_ISSUER_AUDIENCE = 1 << 1,
	TALLY_ISSUER_MAPPING = 1 << 2
};

/* A pool of status lists that is kept beside those of the configuration. */
struct tally_pool_record {
	struct tally_span pool_id;
	struct tally_span definition; /* sys/pool_conf.h */
	int64_t created_at;
	int64_t retired_at;           /* 0: not; else it hands out no references */
};

/* What tokens of a kind have in common. */
struct tally_token_owner {
	uint64_t client; /* number */
	uint64_t user;   /* number; 0: the client itself, or a subject without a user */
	struct tally_span client_id;
	struct tally_span subject;
	struct tally_span scope;    /* canonical */
	struct tally_span audience;
};

struct tally_access_record {
	struct tally_token_id id;
	struct tally_token_id family; /* of the refresh token beside it; none: all zero */
	struct tally_token_owner owner;
	uint8_t digest[32];           /* of an opaque token; all zero for a JWT */
	int64_t expires_at;
	struct tally_span status_uri; /* of the list with its entry; empty: it has none; not kept */
	struct tally_status_ref status;
};

struct tally_refresh_record {
	struct tally_token_id id;
	struct tally_token_id family; /* its day is that of family_expires_at */
	struct tally_token_owner owner;
	uint8_t digest[32];
	int64_t expires_at;           /* if it is not used until then */
	int64_t family_expires_at;    /* whatever happens */
	struct tally_live_refs live;  /* of access tokens made from its family */
};

/*
 * What one request wants kept: all of it or nothing. use: a refresh token that
 * is hereby used up; when somebody was faster, nothing is kept.
 */
struct tally_token_job {
	const struct tally_refresh_record *use;     /* NULL: none */
	const struct tally_access_record *access;   /* NULL: none */
	const struct tally_refresh_record *refresh; /* NULL: none */
	int64_t now_us;
	/* Set by the store: TALLY_OK: committed. TALLY_ERR_CONFLICT: used up before. */
	enum tally_err err;
	int64_t used_at_us; /* when, with TALLY_ERR_CONFLICT */
};

enum tally_watermark_kind { TALLY_WATERMARK_CLIENT, TALLY_WATERMARK_SUBJECT };

/* A look through the kept tokens of a client or a subject for entries of status lists. */
struct tally_entry_walk {
	enum tally_watermark_kind kind;
	uint64_t client;             /* TALLY_WATERMARK_CLIENT: its number */
	struct tally_span subject;   /* TALLY_WATERMARK_SUBJECT */
	int64_t now;                 /* what has expired by then is passed over */
	/* Set by the store; all zero at the beginning. */
	uint64_t rows;               /* looked at so far */
	unsigned int part;           /* where it is */
	struct tally_token_id after;
	bool is_over;
};

#define TALLY_ENTRY_PAGE 4096u /* entries of one look at the most */

/* What a refresh token is worth, read in one look. */
struct tally_refresh_found {
	struct tally_refresh_record token;
	int64_t used_at_us; /* 0: not yet */
	bool is_revoked;    /* it, its family, everything of its client or subject */
};

struct tally_access_found {
	struct tally_access_record token;
	bool is_revoked;    /* as above */
};

/* What may have ended a token that we do not keep. */
struct tally_revocation_query {
	struct tally_token_id id;
	struct tally_token_id family; /* all zero: none */
	struct tally_span client_id;  /* empty: not asked */
	struct tally_span subject;    /* empty: not asked */
};

struct tally_purge_report {
	unsigned int added;   /* partitions, of all tables */
	unsigned int dropped;
	uint64_t rows;        /* about how many rows went with them */
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
typedef enum tally_err
tally_organisation_visit(void *context, const struct tally_organisation_record *organisation);
/* Changes a record as it is now; what it returns other than TALLY_OK leaves it so. */
typedef enum tally_err tally_client_edit(void *context, struct tally_client_record *client);
typedef enum tally_err tally_client_visit(void *context, const struct tally_client_record *client);
typedef enum tally_err tally_user_visit(void *context, const struct tally_user_record *user);
typedef enum tally_err tally_issuer_visit(void *context, const struct tally_issuer_record *issuer);

/* One step of a purge, before it is taken; table and partition are their names. */
typedef void tally_purge_step(void *context, const char *what, const char *table,
			      const char *partition, uint64_t rows);

struct tally_store_ops {
	/* ---- the store itself, clients, signing keys ---- */

	/* Whether the store answers now. */
	enum tally_err (*ping)(struct tally_store *store);

	/*
	 * With its secrets, its keys and its organisation. TALLY_ERR_NOT_FOUND.
	 * client_id is matched byte for byte.
	 */
	enum tally_err (*client_find)(struct tally_store *store, struct tally_arena *arena,
				      struct tally_span client_id,
				      struct tally_client_record *out);

	/* All clients with their secrets in the order of client_id, read in pages. */
	enum tally_err (*client_list)(struct tally_store *store, tally_client_visit *visit,
				      void *context);

	/*
	 * With its secrets, all or nothing. TALLY_ERR_EXISTS; TALLY_ERR_STATE:
	 * there is no such organisation.
	 */
	enum tally_err (*client_add)(struct tally_store *store,
				     const struct tally_client_record *client);

	/*
	 * Stores what edit makes of the client, but for its id, number, secrets,
	 * keys, is_public and times. Nobody changes it meanwhile; edit may be
	 * called again. TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: there is no such
	 * organisation; what edit returns. *arena has what edit is given.
	 */
	enum tally_err (*client_set)(struct tally_store *store, struct tally_arena *arena,
				     struct tally_span client_id, tally_client_edit *edit,
				     void *context);

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

	/*
	 * Replaces what a secret is kept as, sealed with another key; before is what
	 * it was. TALLY_ERR_NOT_FOUND: it is gone, or not that any more.
	 */
	enum tally_err (*client_secret_rewrap)(struct tally_store *store, uint64_t client,
					       const struct tally_secret_record *before,
					       struct tally_span wrapped);

	/* All keys in the order of created_at, kid; the array is the arena's. */
	enum tally_err (*key_list)(struct tally_store *store, struct tally_arena *arena,
				   struct tally_key_record **out, size_t *count);

	/* TALLY_ERR_EXISTS; TALLY_ERR_LIMIT: there are TALLY_KEYS_MAX. */
	enum tally_err (*key_add)(struct tally_store *store, const struct tally_key_record *key);

	/* As client_secret_rewrap. */
	enum tally_err (*key_rewrap)(struct tally_store *store,
				     const struct tally_key_record *before,
				     struct tally_span wrapped);

	/* TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: the key is retired. */
	enum tally_err (*key_activate)(struct tally_store *store, struct tally_span kid,
				       int64_t at);

	/* TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: retired already. */
	enum tally_err (*key_retire)(struct tally_store *store, struct tally_span kid, int64_t at);

	/* TALLY_ERR_NOT_FOUND. */
	enum tally_err (*key_remove)(struct tally_store *store, struct tally_span kid);

	/* ---- organisations ---- */

	/* TALLY_ERR_NOT_FOUND. */
	enum tally_err (*organisation_find)(struct tally_store *store, struct tally_arena *arena,
					    struct tally_span organisation_id,
					    struct tally_organisation_record *out);
	/* In the order of organisation_id, read in pages. */
	enum tally_err (*organisation_list)(struct tally_store *store,
					    tally_organisation_visit *visit, void *context);
	/* TALLY_ERR_EXISTS. */
	enum tally_err (*organisation_add)(struct tally_store *store,
					   const struct tally_organisation_record *organisation);
	/* at 0 enables. TALLY_ERR_NOT_FOUND. */
	enum tally_err (*organisation_disable)(struct tally_store *store,
					       struct tally_span organisation_id, int64_t at);
	/*
	 * TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: a client or a user belongs to it,
	 * or it is the default.
	 */
	enum tally_err (*organisation_remove)(struct tally_store *store,
					      struct tally_span organisation_id);

	/* ---- public keys of clients, for private_key_jwt ---- */

	/*
	 * TALLY_ERR_NOT_FOUND: no such client; TALLY_ERR_EXISTS: that key_id of
	 * this client; TALLY_ERR_LIMIT: it has TALLY_PUBLIC_KEYS_MAX.
	 */
	enum tally_err (*client_key_add)(struct tally_store *store,
					 const struct tally_public_key_record *key);
	enum tally_err (*client_key_remove)(struct tally_store *store, struct tally_span client_id,
					    struct tally_span key_id);

	/* ---- users ---- */

	/* TALLY_ERR_NOT_FOUND. Either is matched byte for byte. */
	enum tally_err (*user_find)(struct tally_store *store, struct tally_arena *arena,
				    struct tally_span user_id, struct tally_user_record *out);
	enum tally_err (*user_find_login)(struct tally_store *store, struct tally_arena *arena,
					  struct tally_span login, struct tally_user_record *out);
	/* In the order in which they were added, read in pages. */
	enum tally_err (*user_list)(struct tally_store *store, tally_user_visit *visit,
				    void *context);
	/* TALLY_ERR_EXISTS: that user_id or login; TALLY_ERR_STATE: there is no such organisation. */
	enum tally_err (*user_add)(struct tally_store *store,
				   const struct tally_user_record *user);
	enum tally_err (*user_set_password)(struct tally_store *store, struct tally_span user_id,
					    struct tally_span password);
	enum tally_err (*user_disable)(struct tally_store *store, struct tally_span user_id,
				       int64_t at);
	/* With its keys. */
	enum tally_err (*user_remove)(struct tally_store *store, struct tally_span user_id);

	/* ---- keys of machine users (RFC 7523 §2.1) ---- */

	/* A key with its user in one look. TALLY_ERR_NOT_FOUND. */
	enum tally_err (*user_key_find)(struct tally_store *store, struct tally_arena *arena,
					struct tally_span key_id,
					struct tally_public_key_record *key,
					struct tally_user_record *user);
	/* All keys of a user; the array is the arena's. TALLY_ERR_NOT_FOUND: no such user. */
	enum tally_err (*user_key_list)(struct tally_store *store, struct tally_arena *arena,
					struct tally_span user_id,
					struct tally_public_key_record **out, size_t *count);
	/* As client_key_add, but no two users share a key_id. */
	enum tally_err (*user_key_add)(struct tally_store *store,
				       const struct tally_public_key_record *key);
	enum tally_err (*user_key_remove)(struct tally_store *store, struct tally_span user_id,
					  struct tally_span key_id);

	/* ---- trusted issuers ---- */

	enum tally_err (*issuer_find)(struct tally_store *store, struct tally_arena *arena,
				      struct tally_span issuer, struct tally_issuer_record *out);
	enum tally_err (*issuer_list)(struct tally_store *store, tally_issuer_visit *visit,
				      void *context);
	enum tally_err (*issuer_add)(struct tally_store *store,
				     const struct tally_issuer_record *issuer);
	/*
	 * Takes these parts (enum tally_issuer_part) over, all at once.
	 * TALLY_ERR_NOT_FOUND; TALLY_ERR_LIMIT: the set is too large.
	 */
	enum tally_err (*issuer_set)(struct tally_store *store,
				     const struct tally_issuer_record *issuer, unsigned int parts);
	enum tally_err (*issuer_disable)(struct tally_store *store, struct tally_span issuer,
					 int64_t at);
	enum tally_err (*issuer_remove)(struct tally_store *store, struct tally_span issuer);

	/* ---- pools of status lists ---- */

	/* All of them in the order of pool_id; the array is the arena's. */
	enum tally_err (*pool_list)(struct tally_store *store, struct tally_arena *arena,
				    struct tally_pool_record **out, size_t *count);
	/* TALLY_ERR_EXISTS; TALLY_ERR_LIMIT: there are TALLY_POOLS_MAX. */
	enum tally_err (*pool_add)(struct tally_store *store, const struct tally_pool_record *pool);
	/*
	 * Replaces a definition. TALLY_ERR_NOT_FOUND; TALLY_ERR_CONFLICT: it is no
	 * longer what `before` says.
	 */
	enum tally_err (*pool_set)(struct tally_store *store, struct tally_span pool_id,
				   struct tally_span before, struct tally_span definition);
	/* at 0 takes it back. TALLY_ERR_NOT_FOUND. */
	enum tally_err (*pool_retire)(struct tally_store *store, struct tally_span pool_id,
				      int64_t at);

	/* ---- tokens ---- */

	/*
	 * Keeps the jobs of many requests with one commit. Each job's err says
	 * what became of it; a bad one fails alone. An outcome that is not known
	 * is asked for, or the work repeated: ids are unique. TALLY_ERR_UNAVAILABLE:
	 * none of them was committed, or nobody knows; no token may be handed out.
	 */
	enum tally_err (*token_write)(struct tally_store *store, struct tally_token_job **jobs,
				      size_t count);

	/*
	 * By its id; TALLY_ERR_NOT_FOUND. The caller compares the digest. What
	 * belonged to a client or a user that has been removed is revoked.
	 */
	enum tally_err (*access_find)(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_token_id *id,
				      struct tally_access_found *out);
	enum tally_err (*refresh_find)(struct tally_store *store, struct tally_arena *arena,
				       const struct tally_token_id *id,
				       struct tally_refresh_found *out);

	/*
	 * What came of a kept refresh token: its successor, and what that says
	 * of access tokens. TALLY_ERR_NOT_FOUND: it has not been used, or its
	 * successor is not kept.
	 */
	enum tally_err (*refresh_next)(struct tally_store *store, struct tally_arena *arena,
				       const struct tally_token_id *id,
				       struct tally_token_id *next, struct tally_live_refs *live);

	/*
	 * Entries of live access tokens, of those that are kept and of those that
	 * kept refresh tokens know: one page, for which rows are read and none is
	 * locked. An entry may come more than once.
	 */
	enum tally_err (*entry_page)(struct tally_store *store, struct tally_arena *arena,
				     struct tally_entry_walk *walk,
				     struct tally_status_ref refs[TALLY_ENTRY_PAGE], size_t *n);

	/* Whether one of these has been revoked: read live, in one look. */
	enum tally_err (*revoked)(struct tally_store *store,
				  const struct tally_revocation_query *query, bool *out);

	/* Ends a token or a family by its id; done twice is done once. */
	enum tally_err (*revoke)(struct tally_store *store, const struct tally_token_id *id,
				 int64_t now);

	/*
	 * Ends everything of a client (client_id) or a subject that was issued
	 * at or before until_us, and what comes of it (tally_token_id_since_us). A later mark replaces an earlier one.
	 */
	enum tally_err (*revoke_all)(struct tally_store *store, enum tally_watermark_kind kind,
				     struct tally_span who, int64_t until_us);

	/*
	 * Adds partitions for `ahead` days and drops those of expired days. step
	 * (may be NULL) is told of each. dry_run: only told.
	 */
	enum tally_err (*purge)(struct tally_store *store, int64_t now, unsigned int ahead,
				bool dry_run, tally_purge_step *step, void *context,
				struct tally_purge_report *report);

	void (*close)(struct tally_store *store);
};

/* The first member of every implementation. */
struct tally_store {
	const struct tally_store_ops *ops;
};

#endif
