// SPDX-License-Identifier: BSD-2-Clause
#include "provider/form.h"
#include "test.h"

#define PART(head, value) "--x\r\nContent-Disposition: form-data; " head "\r\n\r\n" value "\r\n"

static const struct {
	const char *form, *model;
} cases[] = {
	{ PART("name=\"model\"", "whisper-1") "--x--", "whisper-1" },
	{ PART("name=\"file\"; filename=\"a.wav\"", "name=\"mode\" \r\n\r\nnname=\"modem")
		  PART("name=\"model\"\r\nContent-Type: text/plain", "gpt-4o-tran"),
	  "gpt-4o-tran" },
	{ PART("name=\"language\"", "en"), "" },
	{ PART("name=\"model\"", ""), "" },
	/* \r\r\n\r\n: a false start */
	{ "name=\"model\"\r\r\n\r\nm\r\n", "m" },
	{ PART("name=\"model\"", "0123456789abcdefghi"), "0123456789abcde" },
};

TEST(a_form_names_a_model_in_pieces_of_any_size)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 400; piece = piece * 3 + 1) {
			struct span rest = span_str(cases[i].form);
			struct form f = { 0 };
			char model[16] = "";

			while (rest.n) {
				size_t n = rest.n < piece ? rest.n : piece;

				form__feed(&f, span_of(rest.p, n), model, sizeof(model));
				rest = span_of(rest.p + n, rest.n - n);
			}
			if (strcmp(model, cases[i].model))
				TEST_FAIL("case %zu in pieces of %zu: \"%s\"", i, piece, model);
		}
}

TEST_MAIN()
