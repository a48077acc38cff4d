// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sink/http.h"
#include "test.h"

static char said[SINK_ERROR_MAX], heard[4096];

/* Takes one request, answers with those bytes, tells what it took over the pipe, and ends. */
static void serve(int listener, struct span answer, int tell)
{
	int peer = accept(listener, NULL, NULL);
	char request[sizeof(heard)];
	size_t n = 0;
	ssize_t got;

	/* All test requests have the body "body". */
	while (n < sizeof(request) && (got = recv(peer, request + n, sizeof(request) - n, 0)) > 0) {
		n += (size_t)got;
		if (n > 8 && !memcmp(request + n - 8, "\r\n\r\nbody", 8))
			break;
	}
	if (answer.n && send(peer, answer.p, answer.n, MSG_NOSIGNAL) < 0)
		_exit(1);
	shutdown(peer, SHUT_WR);
	if (write(tell, request, n) != (ssize_t)n)
		_exit(1);
	_exit(0);
}

/* What a POST returns when that is the answer. */
static int post(struct span answer)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), ends[2], ret, status;
	struct http_target t = { .path = "/hook", .host = "127.0.0.1" };
	socklen_t size = sizeof(a);
	pid_t pid;
	ssize_t n;

	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 1) || pipe(ends) ||
	    getsockname(listener, (struct sockaddr *)&a, &size))
		return -errno;
	snprintf(t.port, sizeof(t.port), "%d", ntohs(a.sin_port));
	pid = fork();
	if (pid == 0)
		serve(listener, answer, ends[1]);
	close(listener);
	close(ends[1]);
	said[0] = '\0';
	ret = http_post(&t, "X-Test: 1\r\n", SPAN("body"), said);
	n = read(ends[0], heard, sizeof(heard) - 1);
	heard[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	waitpid(pid, &status, 0);
	return ret;
}

TEST(what_is_answered_with_2xx_is_there)
{
	ASSERT_EQ(post(SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), 0);
	ASSERT(strstr(heard, "POST /hook HTTP/1.1\r\nHost: 127.0.0.1:") == heard);
	ASSERT(strstr(heard, "\r\nContent-Length: 4\r\n"));
	ASSERT(strstr(heard, "\r\nX-Test: 1\r\n\r\nbody"));
	ASSERT_EQ(post(SPAN("HTTP/1.0 204 No Content\r\n\r\n")), 0);
}

TEST(any_other_answer_is_told)
{
	ASSERT_EQ(post(SPAN("HTTP/1.1 503 Busy\r\n\r\ntry \033[2J later")), -EREMOTEIO);
	ASSERT_STR(said, "the receiver answers 503: try ?[2J later");
	ASSERT_EQ(post(SPAN("HTTP/1.1 301 Moved\r\nLocation: http://elsewhere\r\n\r\n")),
		  -EREMOTEIO);
	ASSERT_EQ(post(SPAN("220 mail ESMTP\r\n")), -EPROTO);
	ASSERT_STR(said, "the receiver speaks no HTTP");
	ASSERT_EQ(post(SPAN("HTTP/2.0 200 OK\r\n\r\n")), -EPROTO);
	ASSERT_EQ(post(SPAN("")), -EPROTO);
}

TEST(an_answer_that_is_cut_is_none)
{
	static const char whole[] = "HTTP/1.1 200 OK\r\n\r\n";

	for (size_t n = 0; n < 12; n++)
		ASSERT(post(span_of(whole, n)) < 0);
	ASSERT_EQ(post(span_of(whole, 12)), 0); /* it said so, and broke off */
}

TEST(an_answer_without_end_is_not_read_to_its_end)
{
	static char flood[256 * 1024] = "HTTP/1.1 200 OK\r\n\r\n";

	memset(flood + 19, 'x', sizeof(flood) - 19);
	ASSERT_EQ(post(span_of(flood, sizeof(flood))), 0);
}

TEST(a_secret_is_one_line_of_letters)
{
	static const struct {
		const char *text;
		int ret;
	} files[] = { { "token\n", 0 },	 { "token\r\n", 0 }, { "token", 0 },
		      { "", -EINVAL },	 { "\n", -EINVAL },  { "two\nlines\n", -EINVAL },
		      { "a b", -EINVAL } };
	char path[] = "/tmp/wt-secret-XXXXXX", secret[16];
	int fd = mkstemp(path);

	ASSERT(fd >= 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		ASSERT_EQ(ftruncate(fd, 0), 0);
		ASSERT_EQ(pwrite(fd, files[i].text, strlen(files[i].text), 0),
			  strlen(files[i].text));
		ASSERT_EQ(http_read_secret(path, secret, sizeof(secret), said), files[i].ret);
		if (!files[i].ret)
			ASSERT_STR(secret, "token");
	}
	ASSERT_EQ(ftruncate(fd, 0), 0);
	ASSERT_EQ(pwrite(fd, "longer than there is room", 15, 0), 15);
	ASSERT_EQ(http_read_secret(path, secret, sizeof(secret), said), -EINVAL);
	close(fd);
	unlink(path);
	ASSERT_EQ(http_read_secret(path, secret, sizeof(secret), said), -ENOENT);
}

TEST_MAIN()
