/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of whole requests about tokens share: asking, looking at answers,
 * and making tokens past the grants, so that they can be anything. Everything
 * that fails fails the test. Texts live until the next call of the same kind.
 */
#ifndef TALLY_TESTS_SEAM_H
#define TALLY_TESTS_SEAM_H

#include "crypt/jws.h"
#include "tests/fake/service.h"

/* A client with the secret of demo, and a user; both with everything else as usual. */
#define SEAM_OTHER "other"
#define SEAM_READER "reader" /* may introspect */
#define SEAM_USER "u-ann"
#define SEAM_LOGIN "ann"

#define SEAM_TEXT_MAX 16384

/* Opens the service with the above beside demo. */
void seam_open(struct tally_fake_service *service, const char *more);
void seam_open_without_redis(struct tally_fake_service *service, const char *more);

/* The form with client_id and secret of this client (NULL: without) behind it. */
struct tally_span seam_post(struct tally_fake_service *service, const char *uri,
			    const char *client, const char *format, ...) TALLY_PRINTF(4, 5);

/* GET /oauth2/userinfo with this bearer token. */
struct tally_span seam_userinfo(struct tally_fake_service *service, const char *token);

/* The string member of the answer's JSON, copied to out. */
void seam_member(struct tally_span response, const char *name, char out[SEAM_TEXT_MAX]);

bool seam_has(struct tally_span response, const char *text);
void seam_assert_has(struct tally_span response, const char *text);
void seam_assert_fault(struct tally_span response, const char *status, const char *error);

/* A refresh token of demo for ann, openid, profile, read and write, as if just granted. */
struct tally_refresh_record seam_record(struct tally_fake_service *service);

/* Its text; kept (in the store), or sealed. */
void seam_keep(struct tally_fake_service *service, struct tally_refresh_record *record,
	       char out[SEAM_TEXT_MAX]);
void seam_seal(const struct tally_refresh_record *record, char out[SEAM_TEXT_MAX]);

/* A JWT that the service's own key signs. */
void seam_sign(struct tally_fake_service *service, const char *typ, const char *claims,
	       char out[SEAM_TEXT_MAX]);

/* One refresh by demo; the answer's two tokens. */
void seam_refresh(struct tally_fake_service *service, const char *token,
		  char access[SEAM_TEXT_MAX], char refresh[SEAM_TEXT_MAX]);

/* Whether demo is told that the token is active. */
bool seam_is_active(struct tally_fake_service *service, const char *token);

#endif
