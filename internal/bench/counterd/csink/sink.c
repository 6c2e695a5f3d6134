/*
 * A receiver that only counts: what a daemon on this machine can reach at most.
 * usage: sink PORT [gro]
 * Prints "ready", then answers each line on its standard input with the number
 * of datagrams so far. Ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 128, GRO_BATCH = 16, SIZE = 65536 };

static atomic_ullong datagrams;
static int fd;

static char buffers[BATCH][SIZE];
static char controls[BATCH][CMSG_SPACE(sizeof(int))];
static struct iovec iovs[BATCH];
static struct mmsghdr hdrs[BATCH];

/* segments is how many datagrams the kernel joined into this one. */
static unsigned long long segments(struct mmsghdr *m)
{
	struct cmsghdr *c;
	int size;
	for (c = CMSG_FIRSTHDR(&m->msg_hdr); c; c = CMSG_NXTHDR(&m->msg_hdr, c))
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			memcpy(&size, CMSG_DATA(c), sizeof size);
			if (size > 0)
				return (m->msg_len + size - 1) / size;
		}
	return 1;
}

static void *receive(void *gro)
{
	int batch = gro ? GRO_BATCH : BATCH;
	for (int i = 0; i < batch; i++) {
		iovs[i].iov_base = buffers[i];
		iovs[i].iov_len = SIZE;
		hdrs[i].msg_hdr.msg_iov = &iovs[i];
		hdrs[i].msg_hdr.msg_iovlen = 1;
	}
	for (;;) {
		if (gro)
			for (int i = 0; i < batch; i++) {
				hdrs[i].msg_hdr.msg_control = controls[i];
				hdrs[i].msg_hdr.msg_controllen = sizeof controls[i];
			}
		int n = recvmmsg(fd, hdrs, batch, MSG_WAITFORONE, NULL);
		if (n < 0)
			continue;
		unsigned long long sum = n;
		if (gro) {
			sum = 0;
			for (int i = 0; i < n; i++)
				sum += segments(&hdrs[i]);
		}
		atomic_fetch_add_explicit(&datagrams, sum, memory_order_relaxed);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: sink PORT [gro]\n");
		return 2;
	}
	int gro = argc > 2, on = 1, size = 4 << 20;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		perror("bind");
		return 1;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (gro && setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on) != 0) {
		perror("UDP_GRO");
		return 1;
	}
	pthread_t t;
	if (pthread_create(&t, NULL, receive, gro ? &on : NULL) != 0)
		return 1;
	puts("ready");
	fflush(stdout);
	char line[64];
	while (fgets(line, sizeof line, stdin)) {
		printf("{\"lines\":%llu}\n", atomic_load(&datagrams));
		fflush(stdout);
	}
	return 0;
}
