/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of the status of access tokens share: one service, and the tokens that
 * were got of it last. Everything that fails fails the test.
 */
#ifndef TALLY_TESTS_TOKEN_STATUS_H
#define TALLY_TESTS_TOKEN_STATUS_H

#include "tests/unit/seam.h"

#define REDIS "[redis]\nsocket = /nowhere\n"
#define ON REDIS "[tokens]\nstatus = on\n"
#define CLIENT_CREDENTIALS "grant_type=client_credentials"

extern struct tally_fake_service service;
extern char access_token[SEAM_TEXT_MAX], refresh_token[SEAM_TEXT_MAX];

/* Whether a token has the claim; its entry, which is one of ours. */
bool status_is_there(const char *token, struct tally_status_ref *out);

/* Of a token that has one. */
struct tally_status_ref status_entry(const char *token);

/* What the list says of a token; and of how many entries it says so. */
bool status_is_marked(const char *token);
uint32_t status_marked(void);

/* An access token by this form. */
void status_get(const char *client, const char *form);

/* By the password grant: an access token and a refresh token. */
void status_log_in(void);

/* POST /oauth2/revoke, by any client, and by demo with success. */
struct tally_span status_revoke(const char *client, const char *token);
void status_revoke_well(const char *token);

#endif
