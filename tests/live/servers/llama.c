// SPDX-License-Identifier: BSD-2-Clause
/*
 * A model server in C: llama.cpp's /completion, a thread for each connection, kept alive, each call
 * of the C library that moves bytes through a socket.
 *
 *   llama PORT send|write|writev|sendmsg|sendto|sendfile|uring
 *
 * Answers {"seed":k} with 100 + k tokens in and k + 1 out. With sendfile the kernel takes the body
 * from a file: no process has its bytes.
 */
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *how;

/* One entry at a time, of all connections: what it is about is who moves the bytes. */
static struct {
	pthread_mutex_t lock;
	int fd;
	unsigned *sq_tail, *sq_array, *cq_head, *cq_tail;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
} ring = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void ring_open(void)
{
	struct io_uring_params p = { 0 };
	char *queues;

	ring.fd = (int)syscall(SYS_io_uring_setup, 1, &p);
	if (ring.fd < 0 || !(p.features & IORING_FEAT_SINGLE_MMAP)) {
		perror("io_uring_setup");
		exit(1);
	}
	queues = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		      PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
	ring.sqe = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
			MAP_SHARED, ring.fd, IORING_OFF_SQES);
	ring.sq_tail = (unsigned *)(queues + p.sq_off.tail);
	ring.sq_array = (unsigned *)(queues + p.sq_off.array);
	ring.cq_head = (unsigned *)(queues + p.cq_off.head);
	ring.cq_tail = (unsigned *)(queues + p.cq_off.tail);
	ring.cqe = (struct io_uring_cqe *)(queues + p.cq_off.cqes);
}

static ssize_t ring_move(unsigned char opcode, int fd, const void *buf, size_t n)
{
	unsigned head;
	ssize_t moved;

	pthread_mutex_lock(&ring.lock);
	memset(ring.sqe, 0, sizeof(*ring.sqe));
	ring.sqe->opcode = opcode;
	ring.sqe->fd = fd;
	ring.sqe->addr = (unsigned long)buf;
	ring.sqe->len = (unsigned)n;
	*ring.sq_array = 0;
	__atomic_store_n(ring.sq_tail, *ring.sq_tail + 1, __ATOMIC_RELEASE);
	syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	head = *ring.cq_head;
	moved = ring.cqe[head & 1].res; /* of one entry: two of its results */
	__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&ring.lock);
	return moved;
}

/* As the sender, so the reader: read, readv, recvmsg and recvfrom have their turns. */
static ssize_t take(int fd, char *buf, size_t cap)
{
	struct iovec pieces[2] = { { buf, 100 }, { buf + 100, cap - 100 } };
	struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = 2 };

	if (!strcmp(how, "uring"))
		return ring_move(IORING_OP_RECV, fd, buf, cap);
	if (!strcmp(how, "write"))
		return read(fd, buf, cap);
	if (!strcmp(how, "writev"))
		return readv(fd, pieces, 2);
	if (!strcmp(how, "sendmsg"))
		return recvmsg(fd, &msg, 0);
	if (!strcmp(how, "sendto"))
		return recvfrom(fd, buf, cap, 0, NULL, NULL);
	/* A look at what there is, which is read again. */
	recv(fd, buf, cap, MSG_PEEK);
	return recv(fd, buf, cap, 0);
}

static void give_file(int fd, const char *head, const char *body)
{
	FILE *f = tmpfile();
	off_t at = 0;

	fputs(body, f);
	fflush(f);
	send(fd, head, strlen(head), MSG_MORE);
	if (sendfile(fd, fileno(f), &at, strlen(body)) < 0)
		perror("sendfile");
	fclose(f);
}

static void give(int fd, char *head, char *body)
{
	struct iovec pieces[3] = { { head, strlen(head) }, { head, 0 }, { body, strlen(body) } };
	struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = 3 };
	ssize_t n = 0;

	if (!strcmp(how, "writev"))
		n = writev(fd, pieces, 3);
	else if (!strcmp(how, "sendmsg"))
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	else if (!strcmp(how, "write"))
		n = write(fd, head, strlen(head)) + write(fd, body, strlen(body));
	else if (!strcmp(how, "sendto"))
		n = sendto(fd, head, strlen(head), 0, NULL, 0) +
		    sendto(fd, body, strlen(body), 0, NULL, 0);
	else if (!strcmp(how, "uring"))
		n = ring_move(IORING_OP_SEND, fd, head, strlen(head)) +
		    ring_move(IORING_OP_SEND, fd, body, strlen(body));
	else if (!strcmp(how, "sendfile"))
		give_file(fd, head, body);
	else
		n = send(fd, head, strlen(head), 0) + send(fd, body, strlen(body), 0);
	if (n < 0)
		perror(how);
}

static void *serve(void *arg)
{
	int fd = (int)(long)arg;
	char in[8192], head[256], body[4096];
	ssize_t n;

	while ((n = take(fd, in, sizeof(in) - 1)) > 0) {
		const char *seed, *blank;

		in[n] = '\0';
		/* A head and its body come in one piece, or in two. */
		blank = strstr(in, "\r\n\r\n");
		if (blank && strstr(in, "POST") && !blank[4] && n < 4096)
			n += take(fd, in + n, sizeof(in) - 1 - (size_t)n);
		in[n] = '\0';
		seed = strstr(in, "\"seed\":");
		snprintf(body, sizeof(body),
			 "{\"content\":\"%0*d\",\"model\":\"qwen2.5-7b\",\"stop\":true,"
			 "\"tokens_evaluated\":%d,\"tokens_predicted\":%d,\"stop_type\":\"eos\"}",
			 3000, 0, 100 + (seed ? atoi(seed + 7) : 0),
			 1 + (seed ? atoi(seed + 7) : 0));
		snprintf(
			head, sizeof(head),
			"HTTP/1.1 200 OK\r\nServer: llama.cpp\r\nContent-Type: application/json\r\n"
			"Content-Length: %zu\r\n\r\n",
			strlen(body));
		give(fd, head, body);
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	int one = 1, fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (argc < 3)
		return 2;
	how = argv[2];
	if (!strcmp(how, "uring"))
		ring_open();
	at.sin6_port = htons((uint16_t)atoi(argv[1]));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 64)) {
		perror("listen");
		return 1;
	}
	for (;;) {
		int c = accept(fd, NULL, NULL);
		pthread_t thread;

		if (c >= 0 && !pthread_create(&thread, NULL, serve, (void *)(long)c))
			pthread_detach(thread);
	}
}
