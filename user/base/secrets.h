/* SPDX-License-Identifier: BSD-2-Clause */
/* secrets: what looks like one, by its name or by itself. Rather one too many than one too few. */
#ifndef WT_BASE_SECRETS_H
#define WT_BASE_SECRETS_H

#include "span.h"

/* "api-key", "DB_PASSWORD", "traefik.http.middlewares.x.basicauth.users" */
bool secret_name(struct span name);
/* The same of a header's name, but for names of sessions: a header tells whose they are, and what
 * opens them is a cookie. */
bool secret_header(struct span name);
/* "sk-...", "eyJ...": how keys and tokens begin that anybody could paste */
bool secret_start(struct span word);
/* That, or long letters mixed with digits, as names of machines and pods are, too. */
bool secret_value(struct span word);

#endif
