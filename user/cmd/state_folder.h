/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder in which a daemon keeps its ledger. */
#ifndef WIRETALLY_CMD_STATE_FOLDER_H
#define WIRETALLY_CMD_STATE_FOLDER_H

/*
 * Makes the folder of `ledger`, a path, if it is not there, and gives it to the meter's user. Of
 * folders that were there only the default one is changed: whoever names another says whose it is.
 * Without root nothing is changed. Returns 0 or -errno.
 */
int state_folder__prepare(const char *ledger);

#endif
