/* SPDX-License-Identifier: BSD-2-Clause */
/* procfs: what /proc says of a process. Read by the keeper, as only it may; hostile text inside. */
#ifndef WT_CAPTURE_PROCFS_H
#define WT_CAPTURE_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "capture/sideband.h"
#include "wire.h"

/* A file, as long as nobody writes to it. */
struct file_id {
	uint64_t dev, ino, size, changed_ns;
};

struct file_id file_id_of(const struct stat *st);
bool file_id_equal(const struct file_id *a, const struct file_id *b);
/* Start of the process in ns since boot, in steps of 10 ms as the kernel side has it; 0: gone. */
uint64_t procfs_start_ns(pid_t pid);
/* What the process and its threads have used of CPUs, in steps of 10 ms; 0: gone. */
uint64_t procfs_cpu_ticks(pid_t pid);
/* A thread of the kernel's whose name begins so: a process may have any name, and any parent. */
bool procfs_kernel_thread(pid_t pid, const char *prefix);
/* Its parent; 0: gone. */
pid_t procfs_parent(pid_t pid);
/* Fills *ret_p, empty fields where /proc says nothing. False when the process is gone. */
bool procfs_read(pid_t pid, struct wire_proc *ret_p);
/* Identity of the executable file. False when it can't be told (gone, a kernel thread). */
bool procfs_exe(pid_t pid, struct file_id *ret_id);
/* Opens the executable file, also when its path is gone or another namespace's; or -errno. */
int procfs_open_exe(pid_t pid);
/* Runs under a seccomp filter (prctl(2), PR_SET_SECCOMP mode 2). */
bool procfs_seccomp(pid_t pid);
/* Tells each executable file mapping of the process. */
void procfs_mappings(pid_t pid, mapping_fn fn, void *ctx);
/* Calls fn with each process there is. */
void procfs_each(void (*fn)(void *ctx, pid_t pid), void *ctx);
/* Opens what the process calls by that path; or -errno, -EWOULDBLOCK: there is a lease on it. */
int procfs_open_path(pid_t pid, const char *path);
/* The path of a file that we have open; "" when it can't be told. */
void procfs_path_of(int fd, char *ret_path, size_t cap);
/* False for a device, which it may do something to open, and for what is in no file. */
bool mapping_is_file(const struct mapping *m);
/* Opens the mapped file itself, also when its path is gone or another namespace's; or -errno. */
int procfs_open_mapped(const struct mapping *m);

#endif
