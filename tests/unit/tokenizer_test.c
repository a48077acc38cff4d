// SPDX-License-Identifier: BSD-2-Clause
#include "provider/tokenizer.h"
#include "test.h"

static double tokens_of(enum tokenizer k, struct span text)
{
	struct words w = { .run = 0 };

	words__add(&w, text, 1);
	return tokenizer__tokens(k, &w);
}

/* What tokenizers made of texts that the weights were not fitted on: within a quarter of each. */
TEST(texts_have_about_as_many_tokens_as_they_have)
{
	static const struct {
		const char *text;
		int o200k, claude, gemma, llama;
	} cases[] = {
		{ "The electricity meter in the hall counts what every program asks of the models, "
		  "and writes it down with its price, so that nobody has to guess at the end of the "
		  "month what the bill will be.",
		  41, 41, 41, 41 },
		{ "for (size_t i = 0; i < count; i++) {\n\tstruct span part = span_of(text.p + at, "
		  "text.n - at);\n\n\tif (!part.n)\n\t\tcontinue;\n\twords__add(&w, part, 1);\n}\n"
		  "return words__end(&w);\n",
		  60, 73, 75, 60 },
		{ "{\"city\":\"Berlin\",\"days\":[{\"date\":\"2026-11-27\",\"max\":7.5,\"min\":-1.25,"
		  "\"rain\":true},{\"date\":\"2026-11-28\",\"max\":6,\"min\":0,\"rain\":false}],"
		  "\"units\":{\"temperature\":\"celsius\",\"wind\":\"km/h\"}}",
		  68, 68, 77, 66 },
		{ "Счётчик электроэнергии считает, сколько стоит каждый запрос к модели, и записывает "
		  "это вместе с ценой, чтобы в конце месяца никому не пришлось гадать.",
		  37, 77, 35, 44 },
		{ "电表计算每个程序向模型提出的请求,并记录其价格,这样到月底就没有人需要猜测账单会是"
		  "多少。",
		  31, 36, 27, 33 },
		{ "2026-11-27 00:14:03.118 WARN [worker-3] request 48213 took 1873 ms, status=503, "
		  "retry in 250 ms\n2026-11-27 00:14:05.009 INFO [worker-1] request 48214 took 94 ms, "
		  "status=200\n",
		  73, 68, 107, 73 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const int want[][2] = { { TOKENIZER_O200K, cases[i].o200k },
					{ TOKENIZER_CLAUDE, cases[i].claude },
					{ TOKENIZER_GEMMA, cases[i].gemma },
					{ TOKENIZER_LLAMA, cases[i].llama } };

		for (size_t k = 0; k < sizeof(want) / sizeof(want[0]); k++) {
			double got = tokens_of((enum tokenizer)want[k][0], span_str(cases[i].text));

			if (got < want[k][1] * 0.75 || got > want[k][1] * 1.25)
				TEST_FAIL("%.30s: tokenizer %d: %.1f, want about %d", cases[i].text,
					  want[k][0], got, want[k][1]);
		}
	}
}

TEST(nothing_has_none_and_each_part_has_some)
{
	struct words none = { .run = 0 };

	for (int k = TOKENIZER_O200K; k <= TOKENIZER_MISTRAL; k++) {
		ASSERT(tokenizer__tokens((enum tokenizer)k, &none) == 0);
		for (int i = 0; i < WORDS_PARTS; i++) {
			struct words w = { .run = 0 };
			double tokens;

			w.n[i] = 1000;
			tokens = tokenizer__tokens((enum tokenizer)k, &w);

			ASSERT(tokens >= 0 && tokens < 10000);
		}
		ASSERT(tokens_of((enum tokenizer)k, SPAN("word")) > 0.5);
	}
}

TEST_MAIN()
