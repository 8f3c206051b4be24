/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 6749 §4.3: the client has the user's name and password. Unknown user,
 * wrong password and disabled user are answered alike, after the same work.
 */
#include "config.h"

#include "oauth/grant.h"

#include "http/failures.h"
#include "oauth/passwords.h"
#include "oauth/user.h"
#include "sys/clock.h"

#define RETRY_AFTER 1u /* seconds: a queue of logins is soon over */

static enum tally_fault refuse(struct tally_request *rq, struct tally_span login,
			       const struct tally_user *user)
{
	const char *why = user == NULL                            ? "unknown user"
			  : tally_user_is_disabled(&user->record) ? "disabled user"
			  : user->record.password.n == 0          ? "no password is set for user"
								  : "wrong password of user";

	tally_failures_note(rq, TALLY_FAILURES_OF_LOGINS, login);
	return tally_fault(rq, TALLY_FAULT_INVALID_GRANT, "%s \"%.*s\"", why,
			   TALLY_SPAN_ARG(login));
}

/* On TALLY_FAULT_NONE *out is the request's. */
static enum tally_fault log_in(struct tally_request *rq, struct tally_span login,
			       struct tally_span password, const struct tally_user_record **out)
{
	const struct tally_user *user = NULL;
	enum tally_fault fault = TALLY_FAULT_NONE;
	enum tally_err err = tally_user_by_login(rq, login, &user);

	if (err != TALLY_OK && err != TALLY_ERR_NOT_FOUND)
		return tally_fault_of(rq, err, "looking up a user");
	err = tally_passwords_check(rq->services->passwords, user ? &user->record : NULL, password);
	if (err == TALLY_ERR_VERIFY) {
		fault = refuse(rq, login, user);
	} else if (err == TALLY_ERR_LIMIT) {
		rq->retry_after = RETRY_AFTER;
		fault = tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				    "too many logins wait (passwords.parallel, passwords.queue)");
	} else if (err != TALLY_OK) {
		fault = tally_fault_of(rq, err, "checking a password");
	} else if ((*out = tally_user_copy(rq, &user->record)) == NULL) {
		fault = tally_fault_of(rq, TALLY_ERR_NOMEM, "checking a password");
	}
	tally_user_release(rq, user);
	return fault;
}

static enum tally_fault decide(struct tally_request *rq, const struct tally_token_request *token,
			       struct tally_mint *mint)
{
	struct tally_span login = tally_form_get(token->form, TALLY_SPAN("username"));
	struct tally_span password = tally_form_get(token->form, TALLY_SPAN("password"));

	if (login.n == 0 || password.p == NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST,
				   "no username or no password (RFC 6749 section 4.3.2)");
	enum tally_fault fault = tally_failures_check(rq, TALLY_FAILURES_OF_LOGINS, login);

	if (fault == TALLY_FAULT_NONE)
		fault = log_in(rq, login, password, &mint->user);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	mint->subject = mint->user->user_id;
	mint->auth_time = tally_clock_now();
	mint->with_refresh = true;
	return TALLY_FAULT_NONE;
}

extern const struct tally_grant tally_grant_password;

const struct tally_grant tally_grant_password = {
	.type = "password",
	.decide = decide,
};
