/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/statement.h"

/* The columns of a client; read_client of client.c. */
#define CLIENT_COLUMNS \
	"c.id, c.client_id, c.name, c.grants, c.scopes, c.default_scopes, c.audience," \
	" c.access_lifetime, c.refresh_lifetime, c.persistence, c.format, c.status," \
	" c.is_public, c.may_introspect, c.created_at, c.disabled_at, o.organisation_id," \
	" IFNULL(o.disabled_at, 1)"

/* Whose organisation is not to be found (it was removed by hand) is disabled. */
#define CLIENT_JOIN \
	" LEFT JOIN organisation AS o FORCE INDEX (PRIMARY) ON o.id = c.organisation"
#define USER_JOIN \
	" LEFT JOIN organisation AS o FORCE INDEX (PRIMARY) ON o.id = u.organisation"

/* Behind them those of one of its secrets, or of one of its keys; read_part. */
#define CLIENT_SECRET_COLUMNS \
	CLIENT_COLUMNS ", 0 AS part, s.secret_id AS part_id, s.digest, s.wrapped, '' AS alg," \
	" s.created_at AS part_created_at, s.expires_at"
#define CLIENT_KEY_COLUMNS \
	CLIENT_COLUMNS ", 1, k.key_id, k.public_der, '', k.alg, k.created_at, k.expires_at"

#define CLIENT_PAGE \
	"(SELECT * FROM client FORCE INDEX (client_id) WHERE client_id > ?" \
	" ORDER BY client_id LIMIT 100) AS c"

/* read_user of user.c */
#define USER_COLUMNS \
	"u.id, u.user_id, u.login, u.name, u.kind, u.password, u.created_at, u.disabled_at," \
	" o.organisation_id, IFNULL(o.disabled_at, 1)"

/* read_organisation of organisation.c */
#define ORGANISATION_COLUMNS "organisation_id, name, created_at, disabled_at"

/* read_key of user_key.c */
#define USER_KEY_COLUMNS "k.key_id, k.alg, k.public_der, k.created_at, k.expires_at"

/* read_issuer of issuer.c */
#define ISSUER_COLUMNS "issuer, jwks, audience, mapping, created_at, disabled_at"

/*
 * What a token t has to do with others: read_owner and read_end of token.c. The
 * day of a family is in its id.
 */
#define TOKEN_COLUMNS \
	"t.family, t.client, t.user, c.client_id, t.subject, t.scope, t.audience, t.digest," \
	" t.expires_at, u.id, r.revoked_at, f.revoked_at, wc.until_us, ws.until_us"
#define TOKEN_JOINS \
	" LEFT JOIN client AS c FORCE INDEX (PRIMARY) ON c.id = t.client" \
	" LEFT JOIN user AS u FORCE INDEX (PRIMARY) ON u.id = t.user" \
	" LEFT JOIN revocation AS r FORCE INDEX (PRIMARY) ON r.day = t.day AND r.id = t.id" \
	" LEFT JOIN revocation AS f FORCE INDEX (PRIMARY) ON f.day =" \
	" CAST(CONV(HEX(SUBSTRING(t.family, 1, 2)), 16, 10) AS UNSIGNED) AND f.id = t.family" \
	" LEFT JOIN watermark AS wc FORCE INDEX (PRIMARY) ON wc.kind = 0 AND wc.who = c.client_id" \
	" LEFT JOIN watermark AS ws FORCE INDEX (PRIMARY) ON ws.kind = 1 AND ws.who = t.subject"
#define REFRESH_COLUMNS TOKEN_COLUMNS ", t.family_expires_at, t.live, x.used_at_us"
#define REFRESH_JOINS \
	TOKEN_JOINS " LEFT JOIN refresh_use AS x FORCE INDEX (PRIMARY) ON x.day = t.day AND x.id = t.id"

/* So many rows in the order of their ids, whatever they say. */
#define ACCESS_PAGE \
	"(SELECT id, client, subject, expires_at, status_list, status_index FROM access_token" \
	" FORCE INDEX (PRIMARY) WHERE day = ? AND id > ? ORDER BY id LIMIT 4096) AS p"
#define REFRESH_PAGE \
	"(SELECT id, client, subject, live FROM refresh_token" \
	" FORCE INDEX (PRIMARY) WHERE day = ? AND id > ? ORDER BY id LIMIT 512) AS p"

/* The keys of what several look up at once: TALLY_LOOKUP_SLOTS of them. */
#define FOUR(slot, between) slot between slot between slot between slot
#define SLOTS(slot, between) FOUR(FOUR(slot, between), between)
#define NAMES  "(" SLOTS("?", ", ") ")"
#define TOKENS SLOTS("(t.day = ? AND t.id = ?)", " OR ")

_Static_assert(sizeof(SLOTS("?", "")) == TALLY_LOOKUP_SLOTS + 1, "a slot per key");

const struct tally_statement_row tally_statements[TALLY_STATEMENT_COUNT] = {
#define TALLY_STATEMENT(name, access, text) \
	[TALLY_STATEMENT_##name] = { #name, TALLY_ACCESS_##access, text },
#include "store/mysql/statement.def"
#undef TALLY_STATEMENT
};
