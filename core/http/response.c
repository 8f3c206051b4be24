/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/json_out.h"
#include "http/request.h"

#define HEADERS_MAX 1024u
#define FAULT_BODY_MAX 512u
#define HEAD_MAX 512u
#define RETRY_AFTER 5u /* seconds; an outage is over soon, or late */
#define BEARER_MAX 256u

void tally_response_header(struct tally_request *rq, const char *name, struct tally_span value)
{
	struct tally_buf *headers = &rq->response.headers;

	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f) {
			tally_log_error("header %s left out: control character in its value", name);
			return;
		}
	if (headers->cap == 0)
		tally_buf_in(headers, rq->arena, HEADERS_MAX);
	tally_buf_add_str(headers, name);
	tally_buf_add_str(headers, ": ");
	tally_buf_add_span(headers, value);
	tally_buf_add_str(headers, "\r\n");
}

void tally_response_json(struct tally_request *rq, struct tally_span body)
{
	rq->response.status = 200;
	rq->response.content_type = "application/json";
	rq->response.body = body;
}

static const char *reason_phrase(unsigned int status)
{
	static const struct {
		unsigned int status;
		const char *phrase;
	} rows[] = {
		{ 200, "OK" }, { 204, "No Content" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 413, "Content Too Large" }, { 415, "Unsupported Media Type" },
		{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
		{ 501, "Not Implemented" }, { 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].phrase;
	return "Status";
}

/* A GET's headers without its body (RFC 9110 §9.3.2). */
static bool is_head(const struct tally_request *rq)
{
	return tally_span_eq(rq->params.method, TALLY_SPAN("HEAD"));
}

/* These have no body, nor a word on its length (RFC 9110 §6.4.1, §8.6, §15.4.5). */
static bool is_bodiless(unsigned int status)
{
	return status == 204 || status == 304;
}

static void add_content_headers(struct tally_buf *buf, const struct tally_response *response)
{
	if (response->content_type != NULL) {
		tally_buf_add_str(buf, "\r\nContent-Type: ");
		tally_buf_add_str(buf, response->content_type);
	}
	tally_buf_add_str(buf, "\r\nContent-Length: ");
	tally_buf_add_u64(buf, response->body.n);
}

enum tally_err tally_response_write(struct tally_request *rq, struct tally_answer *out)
{
	const struct tally_response *response = &rq->response;
	bool has_body = !is_bodiless(response->status);
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena, HEAD_MAX + response->headers.n);
	tally_buf_add_str(&buf, "Status: ");
	tally_buf_add_u64(&buf, response->status);
	tally_buf_add_char(&buf, ' ');
	tally_buf_add_str(&buf, reason_phrase(response->status));
	if (has_body)
		add_content_headers(&buf, response);
	tally_buf_add_str(&buf, "\r\nCache-Control: ");
	tally_buf_add_str(&buf, response->cache_control ? response->cache_control : "no-store");
	tally_buf_add_str(&buf, "\r\nX-Request-Id: ");
	tally_buf_add(&buf, rq->id, TALLY_REQUEST_ID_SIZE);
	tally_buf_add_str(&buf, "\r\n");
	tally_buf_add_span(&buf, tally_buf_span(&response->headers));
	tally_buf_add_str(&buf, "\r\n");
	out->head = tally_buf_span(&buf);
	out->body = has_body && !is_head(rq) ? response->body : tally_span(NULL, 0);
	if (tally_buf_err(&response->headers) != TALLY_OK)
		return tally_buf_err(&response->headers);
	return tally_buf_err(&buf);
}

static struct tally_span fault_body(struct tally_request *rq, const struct tally_fault_row *row)
{
	bool is_status = rq->fault_form == TALLY_FAULT_STATUS;
	const char *word = tally_fault_word(row, rq->fault_form);
	struct tally_json_out out;
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena, FAULT_BODY_MAX);
	tally_json_begin(&out, &buf);
	tally_json_object(&out, NULL);
	tally_json_add_str(&out, is_status ? "code" : "error", word);
	tally_json_add_str(&out, is_status ? "message" : "error_description", row->description);
	if (!is_status)
		tally_json_add_str(&out, "request_id", rq->id);
	tally_json_object_end(&out);
	return tally_buf_span(&buf);
}

/* RFC 9110 §10.2.3. */
static void add_retry_after(struct tally_request *rq)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", rq->retry_after ? rq->retry_after : RETRY_AFTER);

	tally_response_header(rq, "Retry-After", tally_span(text, (size_t)n));
}

static void add_bearer_challenge(struct tally_request *rq, const struct tally_fault_row *row)
{
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena, BEARER_MAX);
	tally_buf_add_str(&buf, "Bearer realm=\"Tallystick\"");
	if (row->with & TALLY_FAULT_BEARER_ERROR)
		tally_buf_printf(&buf, ", error=\"%s\", error_description=\"%s\"", row->error,
				 row->description);
	tally_response_header(rq, "WWW-Authenticate", tally_buf_span(&buf));
}

void tally_response_fault(struct tally_request *rq, enum tally_fault fault)
{
	const struct tally_fault_row *row = tally_fault_row(fault);

	rq->response = (struct tally_response){ .status = row->status };
	if (row->with & TALLY_FAULT_CHALLENGE)
		tally_response_header(rq, "WWW-Authenticate",
				      TALLY_SPAN("Basic realm=\"Tallystick\", charset=\"UTF-8\""));
	if (row->with & TALLY_FAULT_BEARER)
		add_bearer_challenge(rq, row);
	if (row->with & TALLY_FAULT_ALLOW)
		tally_response_header(rq, "Allow", tally_span_of(rq->allow));
	if (row->with & TALLY_FAULT_RETRY)
		add_retry_after(rq);
	rq->response.content_type = "application/json";
	rq->response.body = fault_body(rq, row);
}
