// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/privileges.h"
#include "cmd/options.h"
#include "cmd/state_folder.h"

/*
 * The meter's alone. A sticky folder of root's would keep its secret from the meter, and the ledger
 * from root: with fs.protected_regular=2 not even root opens another's -shm in one.
 */
#define MODE 0750

/*
 * A folder that is there can be root's: `trace` made it for the secret, a container host for its
 * volume. And what is in it can be of `nobody`, from before there was a user of the meter's own.
 */
static int give(int folder, uid_t uid, gid_t gid)
{
	static const char *const files[] = { "ledger.db", "ledger.db-wal", "ledger.db-shm",
					     "ledger.db.lock" };
	struct stat st;

	if (fchown(folder, uid, gid) || fchmod(folder, MODE))
		return -errno;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int err = 0, fd = openat(folder, files[i],
					 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd < 0)
			continue;
		/* Not a file that somebody linked to here. */
		if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
		    st.st_uid == NOBODY && uid != NOBODY && fchown(fd, uid, gid))
			err = -errno;
		close(fd);
		if (err)
			return err;
	}
	return 0;
}

int state_folder__prepare(const char *ledger)
{
	char *copy, *folder;
	bool made, ours;
	int err, fd;
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return 0;
	copy = strdup(ledger);
	if (!copy)
		return -ENOMEM;
	folder = dirname(copy);
	privileges_meter_user(&uid, &gid);
	made = !mkdir(folder, 0700);
	err = made || errno == EEXIST ? 0 : -errno;
	ours = made || !strcmp(ledger, LEDGER_DEFAULT);
	if (!err && ours) {
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = fd < 0 ? -errno : give(fd, uid, gid);
		if (fd >= 0)
			close(fd);
	}
	free(copy);
	return err;
}
