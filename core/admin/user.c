/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/user.h"

#include "admin/organisation.h"
#include "admin/text.h"
#include "base/b64.h"
#include "base/secret.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/rand.h"

#define MADE_PASSWORD_BYTES 16u

enum tally_err tally_admin_make_password(char out[TALLY_MADE_PASSWORD_CHARS + 1])
{
	uint8_t bytes[MADE_PASSWORD_BYTES];
	enum tally_err err = tally_rand_bytes(bytes, sizeof(bytes));

	out[0] = '\0';
	if (err == TALLY_OK)
		out[tally_b64url_put(out, bytes, sizeof(bytes))] = '\0';
	tally_secret_wipe(bytes, sizeof(bytes));
	return err;
}

static enum tally_err hash(struct tally_span password, struct tally_password_cost cost,
			   char out[TALLY_PASSWORD_HASH_MAX + 1])
{
	if (password.n >= TALLY_PASSWORD_LEAST && password.n <= TALLY_PASSWORD_MAX &&
	    tally_span_is_utf8(password))
		return tally_password_hash(cost, password, out);
	tally_log_error("password: expected %u to %u bytes of UTF-8, found %zu bytes",
			TALLY_PASSWORD_LEAST, TALLY_PASSWORD_MAX, password.n);
	return TALLY_ERR_USAGE;
}

static enum tally_err check_login(struct tally_span login)
{
	if (login.n > 0)
		return tally_admin_check_text("login", login, TALLY_LOGIN_MAX);
	tally_log_error("login: expected at least one character");
	return TALLY_ERR_USAGE;
}

enum tally_err tally_admin_user_add(struct tally_store *store, struct tally_arena *arena,
				    const struct tally_user_record *names,
				    struct tally_span password, struct tally_password_cost cost,
				    struct tally_span *user_id)
{
	char text[TALLY_PASSWORD_HASH_MAX + 1];
	struct tally_user_record user = {
		.login = names->login,
		.name = names->name,
		.kind = TALLY_USER_HUMAN,
		.organisation = names->organisation,
		.created_at = tally_clock_now(),
	};
	enum tally_err err = check_login(user.login);

	if (err == TALLY_OK)
		err = tally_admin_check_text("name", user.name, TALLY_NAME_MAX);
	if (err == TALLY_OK)
		err = hash(password, cost, text);
	if (err == TALLY_OK)
		err = tally_admin_make_id(arena, user_id);
	if (err != TALLY_OK)
		return err;
	user.user_id = *user_id;
	user.password = tally_span_of(text);
	err = store->ops->user_add(store, &user);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("there is a user with the login %.*s already",
				TALLY_SPAN_ARG(user.login));
	if (err == TALLY_ERR_STATE)
		tally_admin_no_organisation(user.organisation);
	return err;
}

enum tally_err tally_admin_user_set_password(struct tally_store *store,
					     const struct tally_user_record *user,
					     struct tally_span password,
					     struct tally_password_cost cost)
{
	char text[TALLY_PASSWORD_HASH_MAX + 1];

	if (user->kind != TALLY_USER_HUMAN) {
		tally_log_error("user %.*s is a machine: it has keys instead of a password "
				"(\"tallystick user key add\")", TALLY_SPAN_ARG(user->login));
		return TALLY_ERR_USAGE;
	}
	enum tally_err err = hash(password, cost, text);

	return err == TALLY_OK ? store->ops->user_set_password(store, user->user_id,
							       tally_span_of(text))
			       : err;
}
