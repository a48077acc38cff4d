// SPDX-License-Identifier: BSD-2-Clause
/* What the keeper and the meter say to each other, and what one of them that is hostile may send.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/socket.h>

#include "capture/message.h"
#include "test.h"

/* Descriptors that are open. */
static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A message of so many bytes with as many descriptors as fit where one is meant. */
static void send_many(int sock, const struct message *m, size_t len, int fd)
{
	int fds[2] = { fd, fd };
	union {
		char buf[CMSG_SPACE(sizeof(fds))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { (void *)m, len };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	ASSERT_EQ(sendmsg(sock, &h, 0), (ssize_t)len);
}

TEST(a_file_comes_with_it)
{
	struct message m = { .kind = MESSAGE_SCAN, .token = 7 }, got = { 0 };
	int pair[2], fd;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ASSERT_EQ(message__recv(pair[1], &got, &fd), -EAGAIN);
	ASSERT_EQ(message__send(pair[0], &m, pair[0]), 0);
	ASSERT_EQ(message__recv(pair[1], &got, &fd), 1);
	ASSERT_EQ(got.token, 7);
	ASSERT_EQ(fd >= 0, 1);
	close(fd);
	close(pair[0]);
	ASSERT_EQ(message__recv(pair[1], &got, &fd), 0);
	ASSERT_EQ(fd, -1);
	close(pair[1]);
}

/* Descriptors that nobody asked for are closed: the keeper would run out of them. */
TEST(files_that_nobody_wants_are_closed)
{
	struct message m = { .kind = MESSAGE_PLAN }, got;
	int pair[2], before, fd;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	before = open_files();
	send_many(pair[0], &m, sizeof(m), pair[0]);
	ASSERT_EQ(message__recv(pair[1], &got, NULL), 1);
	ASSERT_EQ(open_files(), before);
	send_many(pair[0], &m, 1, pair[0]);
	ASSERT_EQ(message__recv(pair[1], &got, &fd), -EBADMSG);
	ASSERT_EQ(fd, -1);
	ASSERT_EQ(open_files(), before);
	send_many(pair[0], &m, sizeof(m), pair[0]);
	ASSERT_EQ(message__recv(pair[1], &got, &fd), 1);
	close(fd);
	ASSERT_EQ(open_files(), before);
	close(pair[0]);
	close(pair[1]);
}

TEST_MAIN()
