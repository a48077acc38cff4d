/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a line is, in the tables of the messages of a remote procedure call: base/protobuf.h. They
 * are told as the JSON that the tables of fields are of.
 */
#ifndef WT_PROVIDER_RPC_H
#define WT_PROVIDER_RPC_H

#include "base/protobuf.h"

#define NUMBER(number_, name_)                                            \
	{                                                                 \
		.number = number_, .name = name_, .kind = PROTOBUF_NUMBER \
	}
#define TEXT(number_, name_)                                            \
	{                                                               \
		.number = number_, .name = name_, .kind = PROTOBUF_TEXT \
	}
#define TEXTS(number_, name_)                                                         \
	{                                                                             \
		.number = number_, .name = name_, .kind = PROTOBUF_TEXT, .list = true \
	}
#define BYTES(number_, name_)                                            \
	{                                                                \
		.number = number_, .name = name_, .kind = PROTOBUF_BYTES \
	}
#define ENUM(number_, name_, names_)                                                      \
	{                                                                                 \
		.number = number_, .name = name_, .kind = PROTOBUF_ENUM, .names = names_, \
		.values = sizeof(names_) / sizeof(names_[0]),                             \
	}
#define ONE(number_, name_, table_)                                                           \
	{                                                                                     \
		.number = number_, .name = name_, .kind = PROTOBUF_MESSAGE, .message = table_ \
	}
#define EACH(number_, name_, table_)                                                           \
	{                                                                                      \
		.number = number_, .name = name_, .kind = PROTOBUF_MESSAGE, .message = table_, \
		.list = true                                                                   \
	}
#define END                 \
	{                   \
		.number = 0 \
	}

#endif
