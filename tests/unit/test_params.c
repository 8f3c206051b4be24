/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "http/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void known_names_are_taken(void **state)
{
	struct tally_params params = { 0 };

	(void)state;
	assert_int_equal(tally_params_add(&params, "REQUEST_METHOD=POST"), TALLY_OK);
	assert_int_equal(tally_params_add(&params, "HTTP_AUTHORIZATION=Basic eDp5"), TALLY_OK);
	assert_int_equal(tally_params_add(&params, "CONTENT_LENGTH="), TALLY_OK);
	assert_true(tally_span_eq(params.method, TALLY_SPAN("POST")));
	assert_true(tally_span_eq(params.authorization, TALLY_SPAN("Basic eDp5")));
	assert_non_null(params.content_length.p);
	assert_int_equal(params.content_length.n, 0);
}

/* What a client can forge as a header reaches us under other names. */
static void all_other_names_are_passed_over(void **state)
{
	static const char *const others[] = {
		"REMOTE_USER=root", "HTTP_REMOTE_ADDR=::1", "SSL_CLIENT_VERIFY=SUCCESS",
		"HTTP_PROXY=http://evil", "HTTP_CONTENT_LENGTH=1", "HTTP_REQUEST_METHOD=GET",
		"REQUEST_METHOD", "REQUEST_METHODS=GET", "REQUEST_METHO=GET", "=x", "",
		"HTTP_AUTHORIZATION_=x", "request_method=GET",
	};
	const struct tally_params nothing = { 0 };
	struct tally_params params = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(tally_params_add(&params, others[i]), TALLY_OK);
	assert_memory_equal(&params, &nothing, sizeof(params));
}

static void twins_and_controls_are_refused(void **state)
{
	struct tally_params params = { 0 };
	char uri[9000] = "REQUEST_URI=";

	(void)state;
	assert_int_equal(tally_params_add(&params, "HTTP_AUTHORIZATION=Basic a"), TALLY_OK);
	assert_int_equal(tally_params_add(&params, "HTTP_AUTHORIZATION=Basic b"),
			 TALLY_ERR_SYNTAX);
	assert_int_equal(tally_params_add(&params, "REMOTE_ADDR=1\r\n2"), TALLY_ERR_SYNTAX);
	memset(uri + 12, 'x', sizeof(uri) - 13);
	assert_int_equal(tally_params_add(&params, uri), TALLY_ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_names_are_taken),
		cmocka_unit_test(all_other_names_are_passed_over),
		cmocka_unit_test(twins_and_controls_are_refused),
	};

	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
