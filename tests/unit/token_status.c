/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/token_status.h"

#include "base/b64.h"
#include "codec/json_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct tally_fake_service service;
char access_token[SEAM_TEXT_MAX], refresh_token[SEAM_TEXT_MAX];

/* ---- looking at tokens ---- */

static struct tally_json *claims_of(const char *token)
{
	static char claims[SEAM_TEXT_MAX];
	struct tally_span rest = tally_span_of(token);
	struct tally_json *json;
	size_t n;

	tally_span_cut(&rest, '.');
	assert_int_equal(tally_b64url_get(tally_span_cut(&rest, '.'), claims, sizeof(claims), &n),
			 TALLY_OK);
	assert_int_equal(tally_json_parse(tally_span(claims, n), sizeof(claims), &json), TALLY_OK);
	return json;
}

bool status_is_there(const char *token, struct tally_status_ref *out)
{
	struct tally_json *claims = claims_of(token);
	const struct tally_json *status = tally_json_member(claims, "status");
	const struct tally_json *entry = tally_json_member(status, "status_list");
	struct tally_span uri;
	int64_t idx;

	if (status != NULL) {
		assert_true(tally_json_string(tally_json_member(entry, "uri"), &uri));
		assert_true(tally_json_integer(tally_json_member(entry, "idx"), &idx));
		assert_int_equal(service.status->find(service.status, uri, (uint64_t)idx, out),
				 TALLY_OK);
	}
	tally_json_free(claims);
	return status != NULL;
}

struct tally_status_ref status_entry(const char *token)
{
	struct tally_status_ref ref = { 0 };

	assert_true(status_is_there(token, &ref));
	return ref;
}

bool status_is_marked(const char *token)
{
	return tally_fake_token_status_is_set(service.status, status_entry(token));
}

uint32_t status_marked(void)
{
	return tally_fake_token_status_set_count(service.status);
}

/* ---- getting tokens ---- */

void status_get(const char *client, const char *form)
{
	struct tally_span response = seam_post(&service, "/oauth2/token", client, "%s", form);

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_member(response, "access_token", access_token);
}

void status_log_in(void)
{
	struct tally_span response = seam_post(
		&service, "/oauth2/token", TALLY_FAKE_CLIENT, "%s",
		"grant_type=password&username=" TALLY_FAKE_LOGIN
		"&password=correct+horse+battery+staple&scope=read");

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_member(response, "access_token", access_token);
	seam_member(response, "refresh_token", refresh_token);
}

struct tally_span status_revoke(const char *client, const char *token)
{
	return seam_post(&service, "/oauth2/revoke", client, "token=%s", token);
}

void status_revoke_well(const char *token)
{
	seam_assert_has(status_revoke(TALLY_FAKE_CLIENT, token), "Status: 200 OK\r\n");
}
