/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/text.h"

/* A statement whose end was too long for memory says nothing of the next one. */
void tally_text_begin(struct tally_buf *text, const char *words)
{
	text->n = 0;
	text->err = TALLY_OK;
	tally_buf_add_str(text, words);
}

void tally_text_add_hex(struct tally_buf *text, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = p;

	tally_buf_add_str(text, "x'");
	char *out = tally_buf_room(text, 2 * n);

	for (size_t i = 0; out != NULL && i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	tally_buf_add_char(text, '\'');
}

void tally_text_add_id(struct tally_buf *text, const struct tally_token_id *id, bool first)
{
	tally_buf_add_str(text, first ? "(day=" : " OR (day=");
	tally_buf_add_u64(text, tally_token_id_day(id));
	tally_buf_add_str(text, " AND id=");
	tally_text_add_hex(text, id->bytes, sizeof(id->bytes));
	tally_buf_add_char(text, ')');
}

enum tally_err tally_text_run(struct tally_db *db, const struct tally_buf *text)
{
	if (tally_buf_err(text) != TALLY_OK)
		return tally_buf_err(text);
	if (mysql_real_query(db->mysql, text->p, text->n) == 0)
		return TALLY_OK;
	return tally_db_failed(db, mysql_errno(db->mysql), mysql_error(db->mysql));
}

MYSQL_RES *tally_text_rows(struct tally_db *db, const struct tally_buf *text,
			   enum tally_err *err)
{
	*err = tally_text_run(db, text);
	MYSQL_RES *result = *err == TALLY_OK ? mysql_store_result(db->mysql) : NULL;

	if (*err == TALLY_OK && result == NULL)
		*err = tally_db_failed(db, mysql_errno(db->mysql), mysql_error(db->mysql));
	return result;
}
