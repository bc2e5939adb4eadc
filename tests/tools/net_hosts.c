/*
 * net_hosts - hosts on one machine, and the bad network between them.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   net_hosts NETWORK DELAY_MS LOSS_PERMILLE NAME...
 *
 * Each NAME gets a network namespace with one device, of the address
 * NETWORK.1, NETWORK.2, ... (NETWORK: three numbers, as in 10.77.5). The
 * namespace it is started in is a host as well, NETWORK.254: the desk, to which
 * nothing is slow and nothing is lost. Everything that one host sends another
 * passes through this process (TUN devices), which delays and drops. netem does
 * the same, but is not in every kernel.
 *
 * Prints "host NAME ADDRESS PATH" for each, PATH is for nsenter --net=, then
 * "ready". Reads commands, and answers each with "ok":
 *   cut A B      nothing that A sends reaches B, and nobody is told
 *   mend A B
 *   reset A B    each TCP segment that A sends B becomes a RST
 *   lose N       per mille; delay N, ms: from now on, of all pairs
 * Its end is the end of the namespaces: it goes when its input ends, so that
 * nothing is left behind whatever happens to who started it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "net_packet.h"

#define HOSTS_MAX 8
#define DESK_OCTET 254
#define PACKET_MAX 2048
/* Under way at a time; a wire that is full drops, as they do. */
#define FLIGHT_MAX 8192
#define READS_A_TURN 64
#define LINE_MAX_BYTES 128

enum link { LINK_WORKS, LINK_CUT, LINK_RESETS };

struct host {
	const char *name; /* borrowed */
	unsigned octet;	  /* the last of its address */
	int tun, namespace;
};

struct packet {
	uint64_t due_us;
	struct host *to;
	size_t n;
	unsigned char bytes[PACKET_MAX];
};

struct wire {
	const char *network; /* borrowed */
	struct host hosts[HOSTS_MAX];
	size_t n_hosts; /* the last is the desk */
	enum link links[HOSTS_MAX][HOSTS_MAX];
	uint64_t delay_us;
	double loss;
	struct packet *flight; /* owned; a ring */
	size_t first, n_flight;
	char line[LINE_MAX_BYTES];
	size_t n_line;
};

/* ---- setting up ---- */

static void must_do(bool done, const char *what)
{
	if (!done)
		fatal(1, "net_hosts: %s: %s", what, strerror(errno));
}

static void set_address(int fd, const char *device, unsigned long request,
			const char *address)
{
	struct ifreq r = {0};
	struct sockaddr_in a = {.sin_family = AF_INET};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	must_do(inet_pton(AF_INET, address, &a.sin_addr) == 1, address);
	memcpy(&r.ifr_addr, &a, sizeof(a));
	must_do(ioctl(fd, request, &r) == 0, "address");
}

static void switch_on(int fd, const char *device)
{
	struct ifreq r = {0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	must_do(ioctl(fd, SIOCGIFFLAGS, &r) == 0, device);
	r.ifr_flags |= IFF_UP;
	must_do(ioctl(fd, SIOCSIFFLAGS, &r) == 0, device);
}

/* In the namespace that this process is in at the moment. */
static void open_device(const struct wire *w, struct host *h)
{
	struct ifreq r = {0};
	char address[32];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	h->tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	must_do(fd >= 0 && h->tun >= 0, "/dev/net/tun");
	r.ifr_flags = IFF_TUN | IFF_NO_PI;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "pr%d", (int)getpid());
	must_do(ioctl(h->tun, TUNSETIFF, &r) == 0, "TUNSETIFF");
	snprintf(address, sizeof(address), "%s.%u", w->network, h->octet);
	set_address(fd, r.ifr_name, SIOCSIFADDR, address);
	set_address(fd, r.ifr_name, SIOCSIFNETMASK, "255.255.255.0");
	switch_on(fd, r.ifr_name);
	switch_on(fd, "lo");
	close(fd);
}

static void make_host(struct wire *w, char *name, unsigned octet)
{
	struct host *h = &w->hosts[w->n_hosts++];

	h->name = name;
	h->octet = octet;
	must_do(unshare(CLONE_NEWNET) == 0, "a network namespace");
	h->namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	must_do(h->namespace >= 0, "/proc/self/ns/net");
	open_device(w, h);
	printf("host %s %s.%u /proc/%d/fd/%d\n", name, w->network, octet,
	       (int)getpid(), h->namespace);
}

static void make_hosts(struct wire *w, char **names, size_t n)
{
	static char desk[] = "desk";
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	must_do(home >= 0, "/proc/self/ns/net");
	for (size_t i = 0; i < n; i++)
		make_host(w, names[i], (unsigned)i + 1);
	must_do(setns(home, CLONE_NEWNET) == 0, "the way back");
	w->hosts[w->n_hosts++] =
	    (struct host){.name = desk, .octet = DESK_OCTET, .namespace = home};
	open_device(w, &w->hosts[w->n_hosts - 1]);
	puts("ready");
	fflush(stdout);
}

/* ---- packets ---- */

static struct host *host_at(struct wire *w, unsigned octet)
{
	for (size_t i = 0; i < w->n_hosts; i++)
		if (w->hosts[i].octet == octet)
			return &w->hosts[i];
	return NULL;
}

static void hand_over(const struct host *to, const unsigned char *bytes,
		      size_t n)
{
	/* A device that is full drops. */
	if (write(to->tun, bytes, n) < 0)
		must_do(errno == EAGAIN || errno == ENOBUFS || errno == EIO,
			"write");
}

static void send_on(struct wire *w, struct host *to, const unsigned char *bytes,
		    size_t n)
{
	struct packet *p;

	if (rng_unit() < w->loss || w->n_flight == FLIGHT_MAX)
		return;
	p = &w->flight[(w->first + w->n_flight++) % FLIGHT_MAX];
	p->due_us = now_us() + w->delay_us;
	p->to = to;
	p->n = n;
	memcpy(p->bytes, bytes, n);
}

static void pass(struct wire *w, const struct host *from, unsigned char *bytes,
		 size_t n)
{
	struct host *to;
	enum link link;

	if (!packet_is_ipv4(bytes, n) ||
	    !(to = host_at(w, packet_to_octet(bytes))))
		return;
	link = w->links[from - w->hosts][to - w->hosts];
	if (link == LINK_CUT)
		return;
	if (link == LINK_RESETS)
		packet_make_reset(bytes, n);
	if (from->octet == DESK_OCTET || to->octet == DESK_OCTET)
		hand_over(to, bytes, n);
	else
		send_on(w, to, bytes, n);
}

static void read_from(struct wire *w, const struct host *from)
{
	unsigned char bytes[PACKET_MAX];

	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t n = read(from->tun, bytes, sizeof(bytes));

		if (n <= 0)
			return;
		pass(w, from, bytes, (size_t)n);
	}
}

/* A changed delay makes some late, none early. */
static void deliver_due(struct wire *w)
{
	uint64_t now = now_us();

	while (w->n_flight > 0 && w->flight[w->first].due_us <= now) {
		const struct packet *p = &w->flight[w->first];

		hand_over(p->to, p->bytes, p->n);
		w->first = (w->first + 1) % FLIGHT_MAX;
		w->n_flight--;
	}
}

/* ---- commands ---- */

static size_t index_of(const struct wire *w, const char *name)
{
	for (size_t i = 0; i < w->n_hosts; i++)
		if (strcmp(w->hosts[i].name, name) == 0)
			return i;
	fatal(2, "net_hosts: no host %s", name);
}

static void obey(struct wire *w)
{
	char word[16] = "", a[32] = "", b[32] = "";
	int n = sscanf(w->line, "%15s %31s %31s", word, a, b);

	if (n == 3 && strcmp(word, "cut") == 0)
		w->links[index_of(w, a)][index_of(w, b)] = LINK_CUT;
	else if (n == 3 && strcmp(word, "mend") == 0)
		w->links[index_of(w, a)][index_of(w, b)] = LINK_WORKS;
	else if (n == 3 && strcmp(word, "reset") == 0)
		w->links[index_of(w, a)][index_of(w, b)] = LINK_RESETS;
	else if (n == 2 && strcmp(word, "lose") == 0)
		w->loss = strtod(a, NULL) / 1000;
	else if (n == 2 && strcmp(word, "delay") == 0)
		w->delay_us = strtoull(a, NULL, 10) * 1000;
	else
		fatal(2, "net_hosts: bad command: %s", w->line);
	puts("ok");
	fflush(stdout);
}

/* False at the end of the input. */
static bool read_commands(struct wire *w)
{
	char c;

	if (read(STDIN_FILENO, &c, 1) != 1)
		return false;
	if (c != '\n' && w->n_line + 1 < sizeof(w->line)) {
		w->line[w->n_line++] = c;
		return true;
	}
	w->line[w->n_line] = '\0';
	w->n_line = 0;
	obey(w);
	return true;
}

static struct timespec until_due(const struct wire *w)
{
	uint64_t now = now_us(), us = 1000000;

	if (w->n_flight > 0) {
		uint64_t due = w->flight[w->first].due_us;

		us = due > now ? due - now : 0;
	}
	return (struct timespec){.tv_sec = (time_t)(us / 1000000),
				 .tv_nsec = (long)(us % 1000000) * 1000};
}

static void run(struct wire *w)
{
	struct pollfd polls[HOSTS_MAX + 1];
	bool goes_on = true;

	for (size_t i = 0; i < w->n_hosts; i++)
		polls[i] =
		    (struct pollfd){.fd = w->hosts[i].tun, .events = POLLIN};
	polls[w->n_hosts] =
	    (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	while (goes_on) {
		struct timespec wait = until_due(w);

		if (ppoll(polls, (nfds_t)w->n_hosts + 1, &wait, NULL) < 0)
			continue;
		for (size_t i = 0; i < w->n_hosts; i++)
			if (polls[i].revents)
				read_from(w, &w->hosts[i]);
		deliver_due(w);
		if (polls[w->n_hosts].revents)
			goes_on = read_commands(w);
	}
}

int main(int argc, char **argv)
{
	struct wire w = {0};

	if (argc < 5 || argc - 4 >= HOSTS_MAX)
		fatal(2, "net_hosts: see the head of net_hosts.c");
	w.network = argv[1];
	w.delay_us = strtoull(argv[2], NULL, 10) * 1000;
	w.loss = strtod(argv[3], NULL) / 1000;
	w.flight = xcalloc(FLIGHT_MAX, sizeof(*w.flight));
	make_hosts(&w, argv + 4, (size_t)argc - 4);
	run(&w);
	free(w.flight);
	return 0;
}
