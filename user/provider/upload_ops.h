/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * upload_ops: one observability service: which requests are uploads to it, and where in them a run
 * says what. To add one: a file with its const struct, a line in upload.def, a case in
 * tests/unit/upload_test.c.
 */
#ifndef WT_PROVIDER_UPLOAD_OPS_H
#define WT_PROVIDER_UPLOAD_OPS_H

#include "upload.h"

enum upload_slot {
	U_ID,
	U_PARENT,
	U_TRACE,
	U_SESSION,
	U_KIND,
	U_MODEL,
	U_RESPONSE_ID,
	U_TAG, /* one of several */
	U_INPUT,
	U_OUTPUT,
	U_COST,	 /* dollars */
	U_INNER, /* a text that is JSON itself: its paths follow the last word of this one */
};

struct upload_field {
	const char *path; /* see json.h, or the key of an attribute; NULL ends a table */
	uint8_t slot;	  /* enum upload_slot; the last value stands, but of U_TAG */
};

/* How runs lie in a body. */
enum upload_form {
	UPLOAD_JSON, /* one run, or arrays of them */
	/*
	 * A form (multipart/form-data) with a part for each field of a run, that is named after it:
	 * "post.RUN", "post.RUN.outputs"; see upload_parts.h.
	 */
	UPLOAD_PARTS,
	UPLOAD_OTLP, /* spans of OpenTelemetry, in protocol buffers; see upload_otlp.h */
};

struct upload_ops {
	const char *service;
	const char *path; /* see target_fits() */
	uint8_t form;	  /* enum upload_form */
	/* JSON: paths of the arrays whose elements are runs, separated by blanks; NULL: none. */
	const char *arrays;
	const struct upload_field *fields; /* their paths begin in the run */
	const char *kinds; /* of runs that are calls, separated by blanks: "llm"; NULL: all are */
};

#define UPLOAD(id) extern const struct upload_ops upload_##id;
#include "provider/upload.def"
#undef UPLOAD

#endif
