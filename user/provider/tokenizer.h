/* SPDX-License-Identifier: BSD-2-Clause */
/* tokenizer: how many tokens a text has, by the words that it is made of (words.h). */
#ifndef WT_PROVIDER_TOKENIZER_H
#define WT_PROVIDER_TOKENIZER_H

#include "provider/words.h"

enum tokenizer {
	TOKENIZER_O200K, /* GPT-4o and later */
	TOKENIZER_CL100K,
	TOKENIZER_CLAUDE,
	TOKENIZER_GEMMA, /* Gemini's, too */
	TOKENIZER_DEEPSEEK,
	TOKENIZER_QWEN,
	TOKENIZER_COMMAND,
	TOKENIZER_LLAMA,
	TOKENIZER_TEKKEN, /* Mistral's later ones */
	TOKENIZER_MISTRAL,
};

/* Also of a word that goes on. */
double tokenizer__tokens(enum tokenizer tokenizer, const struct words *words);

#endif
