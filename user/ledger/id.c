// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "base/hex.h"
#include "ledger/id.h"

bool id_is_hex(const char *id)
{
	size_t n = strspn(id, "0123456789abcdef");

	return n && !id[n] && n <= 2 * ID_BYTES;
}

/* From the digits, with a nought where they are odd, to them with fs behind them. */
int id_bind_ends(sqlite3_stmt *s, int first, const char *id)
{
	uint8_t least[ID_BYTES] = { 0 }, most[ID_BYTES];
	size_t n = strlen(id);
	int rc;

	memset(most, 0xff, sizeof(most));
	for (size_t i = 0; i < n && i < 2 * ID_BYTES; i++) {
		int shift = i % 2 ? 0 : 4;
		unsigned int digit = hex_value((uint8_t)id[i]);

		least[i / 2] |= (uint8_t)(digit << shift);
		most[i / 2] &= (uint8_t) ~((15 - digit) << shift);
	}
	rc = sqlite3_bind_blob(s, first, least, (int)((n + 1) / 2), SQLITE_TRANSIENT);
	return rc == SQLITE_OK ? sqlite3_bind_blob(s, first + 1, most, ID_BYTES, SQLITE_TRANSIENT)
			       : rc;
}
