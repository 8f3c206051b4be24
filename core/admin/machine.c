/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/machine.h"

#include "admin/organisation.h"
#include "admin/text.h"
#include "base/secret.h"
#include "codec/json_out.h"
#include "sys/clock.h"
#include "sys/log.h"

enum tally_err tally_admin_machine_add(struct tally_store *store, struct tally_arena *arena,
				       const struct tally_user_record *names,
				       struct tally_span *user_id)
{
	enum tally_err err = tally_admin_check_text("login", names->login, TALLY_LOGIN_MAX);

	if (err == TALLY_OK)
		err = tally_admin_check_text("name", names->name, TALLY_NAME_MAX);
	if (err == TALLY_OK)
		err = tally_admin_make_id(arena, user_id);
	if (err != TALLY_OK)
		return err;
	const struct tally_user_record user = {
		.user_id = *user_id,
		.login = names->login.n > 0 ? names->login : *user_id,
		.name = names->name,
		.kind = TALLY_USER_MACHINE,
		.organisation = names->organisation,
		.created_at = tally_clock_now(),
	};

	err = store->ops->user_add(store, &user);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("there is a user with the login %.*s already",
				TALLY_SPAN_ARG(user.login));
	if (err == TALLY_ERR_STATE)
		tally_admin_no_organisation(user.organisation);
	return err;
}

enum tally_err tally_admin_user_find(struct tally_store *store, struct tally_arena *arena,
				     struct tally_span who, struct tally_user_record *out)
{
	enum tally_err err = store->ops->user_find(store, arena, who, out);

	if (err == TALLY_ERR_NOT_FOUND)
		err = store->ops->user_find_login(store, arena, who, out);
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error(
			"there is no user %.*s; \"tallystick user list\" shows who there is",
			TALLY_SPAN_ARG(who));
	return err;
}

static enum tally_err find_machine(struct tally_store *store, struct tally_arena *arena,
				   struct tally_span who, struct tally_user_record *out)
{
	enum tally_err err = tally_admin_user_find(store, arena, who, out);

	if (err != TALLY_OK || out->kind == TALLY_USER_MACHINE)
		return err;
	tally_log_error("user %.*s is a person, and logs in by password: keys are for machine "
			"users (\"tallystick user add --machine\")",
			TALLY_SPAN_ARG(who));
	return TALLY_ERR_USAGE;
}

enum tally_err tally_admin_user_key_add(struct tally_store *store, struct tally_arena *arena,
					struct tally_span who, const struct tally_key *key,
					int64_t expires_at, struct tally_public_key_record *out)
{
	struct tally_user_record user;
	int64_t now = tally_clock_now();
	enum tally_err err = tally_admin_check_expiry(expires_at, now);

	if (err == TALLY_OK)
		err = find_machine(store, arena, who, &user);
	if (err != TALLY_OK)
		return err;
	*out = (struct tally_public_key_record){
		.owner = user.user_id,
		.created_at = now,
		.expires_at = expires_at,
	};
	err = tally_admin_make_id(arena, &out->key_id);
	if (err == TALLY_OK)
		err = tally_admin_set_public_key(key, arena, out);
	return err == TALLY_OK ? store->ops->user_key_add(store, out) : err;
}

enum tally_err tally_admin_user_key_remove(struct tally_store *store, struct tally_arena *arena,
					   struct tally_span who, struct tally_span key_id)
{
	struct tally_user_record user;
	enum tally_err err = tally_admin_user_find(store, arena, who, &user);

	if (err != TALLY_OK)
		return err;
	err = store->ops->user_key_remove(store, user.user_id, key_id);
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error(
			"user %.*s has no key %.*s; \"tallystick user key list\" shows what "
			"there is",
			TALLY_SPAN_ARG(who), TALLY_SPAN_ARG(key_id));
	return err;
}

enum tally_err tally_admin_add_key_file(const struct tally_key *key,
					const struct tally_public_key_record *record,
					struct tally_buf *out)
{
	char bytes[TALLY_KEY_FILE_MAX];
	struct tally_json_out json;
	struct tally_buf pem;

	tally_buf_over(&pem, bytes, sizeof(bytes));
	enum tally_err err = tally_key_add_private_pem(key, &pem);

	tally_json_begin(&json, out);
	tally_json_object(&json, NULL);
	tally_json_add_str(&json, "type", "serviceaccount");
	tally_json_add_span(&json, "keyId", record->key_id);
	tally_json_add_span(&json, "key", tally_buf_span(&pem));
	tally_json_add_span(&json, "userId", record->owner);
	tally_json_object_end(&json);
	tally_buf_add_char(out, '\n');
	tally_buf_free(&pem);
	return err == TALLY_OK ? tally_buf_err(out) : err;
}
