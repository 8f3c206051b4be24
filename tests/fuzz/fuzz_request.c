/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole requests through the seam. An input is four lines (method and URI,
 * content type, content length or empty for the true one, authorization) and
 * then the body.
 */
#include "config.h"

#include "sys/log.h"
#include "tests/fake/service.h"
#include "tests/fuzz/answer.h"

static struct tally_fake_service *service(void)
{
	static struct tally_fake_service one;

	if (one.app == NULL) {
		if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
			abort();
		tally_fake_service_open(&one, "ES256", NULL);
	}
	return &one;
}

/* Cuts off what stands before end as a C string; NULL: nothing does. */
static const char *cut_at(struct tally_span *rest, char end, char *out, size_t size)
{
	struct tally_span line = tally_span_cut(rest, end);
	size_t n = line.n < size ? line.n : size - 1;

	if (n > 0)
		memcpy(out, line.p, n);
	out[n] = '\0';
	return n > 0 ? out : NULL;
}

/* A token only for who shows the secret. */
static void check_token(struct tally_span response, struct tally_span input)
{
	const char *token = memmem(response.p, response.n, "access_token", 12);

	if (token == NULL)
		return;
	FUZZ_ASSERT(tally_span_starts_with(response, TALLY_SPAN("Status: 200 OK\r\n")));
	FUZZ_ASSERT(input.n > sizeof(TALLY_FAKE_SECRET));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char method[64], uri[512], type[300], length[64], authorization[1024];
	struct tally_span rest = tally_span(data, size);
	struct tally_span first = tally_span_cut(&rest, '\n');
	struct tally_fake_request request = { 0 };

	request.method = cut_at(&first, ' ', method, sizeof(method));
	request.uri = cut_at(&first, '\n', uri, sizeof(uri));
	request.content_type = cut_at(&rest, '\n', type, sizeof(type));
	request.content_length = cut_at(&rest, '\n', length, sizeof(length));
	request.authorization = cut_at(&rest, '\n', authorization, sizeof(authorization));
	request.body = rest;
	struct tally_span response = tally_fake_service_send(service(), &request);

	fuzz_check_answer(response, request.method && strcmp(request.method, "HEAD") == 0);
	check_token(response, tally_span(data, size));
	return 0;
}
