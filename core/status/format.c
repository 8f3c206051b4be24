/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/format.h"

#include <stdlib.h>

static const struct tally_list_format table[TALLY_LIST_FORMATS] = {
#define TALLY_FORMAT(id_, suffix_, media_type_)                                                    \
	[TALLY_LIST_##id_] = {                                                                     \
		.id = TALLY_LIST_##id_,                                                            \
		.media_type = media_type_,                                                         \
		.suffix = #suffix_,                                                                \
		.writer = &tally_list_writer_##suffix_,                                            \
	},
#include "status/format.def"
#undef TALLY_FORMAT
};

struct tally_list_signer {
	const struct tally_list_writer *writer;
	void *inside;
};

const struct tally_list_format *tally_list_format(enum tally_format id)
{
	return &table[id];
}

enum tally_err tally_list_signer_new(enum tally_format format, const struct tally_list_key *key,
				     struct tally_list_signer **out)
{
	struct tally_list_signer *signer = malloc(sizeof(*signer));

	*out = NULL;
	if (signer == NULL)
		return TALLY_ERR_NOMEM;
	signer->writer = table[format].writer;
	enum tally_err err = signer->writer->open(key, &signer->inside);

	if (err != TALLY_OK) {
		free(signer);
		return err;
	}
	*out = signer;
	return TALLY_OK;
}

void tally_list_signer_free(struct tally_list_signer *signer)
{
	if (signer == NULL)
		return;
	signer->writer->close(signer->inside);
	free(signer);
}

size_t tally_list_token_size(const struct tally_list_signer *signer,
			     const struct tally_list_token *token)
{
	return signer->writer->size(signer->inside, token);
}

enum tally_err tally_list_sign(struct tally_list_signer *signer,
			       const struct tally_list_token *token, struct tally_buf *out)
{
	return signer->writer->write(signer->inside, token, out);
}
