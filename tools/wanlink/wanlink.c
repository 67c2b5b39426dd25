// wanlink: a long-distance link between two network namespaces, in user space.
//
//   wanlink NS_A ADDR_A NS_B ADDR_B [--delay-ms N] [--loss P] [--mbit N] [--queue-ms N] [--seed N]
//
// Packets go from one TUN device to the other after a fixed one-way delay. Loss is drawn per packet
// and direction. Each direction is a line of the given rate (0: no limit) behind a drop-tail queue of
// at most queue-ms of waiting. Runs until SIGTERM or SIGINT; SIGUSR1 prints the counters.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MTU 1500
#define RING 65536
#define BATCH 256             // packets read from one side before the other gets its turn
#define RETRY_NS 50000        // when the device has no room for a packet that is due
#define NS_PER_S 1000000000ull

typedef struct {
  uint64_t due;
  uint16_t length;
  uint8_t data[MTU];
} Packet;

typedef struct {
  int in, out;
  Packet *ring;
  uint32_t head, tail;
  uint64_t line_free;  // when the line will have sent all that is queued
  uint64_t packets, bytes, lost, dropped;
} Pipe;

static uint64_t delay_ns, queue_ns;
static double loss, bytes_per_ns;
static uint64_t random_state = 88172645463325252ull;
static volatile sig_atomic_t wants_counters, wants_end;

static void die(const char *what) {
  perror(what);
  exit(1);
}

// xorshift64: the same seed loses the same packets of the same sequence.
static double uniform(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (random_state >> 11) / 9007199254740992.0;
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void set_address(int socket, struct ifreq *request, unsigned long operation, const char *text) {
  struct sockaddr_in *address = (struct sockaddr_in *)&request->ifr_addr;
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  if (inet_pton(AF_INET, text, &address->sin_addr) != 1) {
    fprintf(stderr, "%s is no IPv4 address\n", text);
    exit(2);
  }
  if (ioctl(socket, operation, request)) die("setting an address");
}

static void enter(const char *namespace) {
  char path[256];
  snprintf(path, sizeof path, "/var/run/netns/%s", namespace);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) die(path);
  if (setns(fd, CLONE_NEWNET)) die("setns");
  close(fd);
}

// Makes the point-to-point device wan0 in a namespace; a device stays where it was made.
static int open_tun(const char *namespace, const char *address, const char *peer) {
  enter(namespace);
  int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (tun < 0) die("/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strcpy(request.ifr_name, "wan0");
  if (ioctl(tun, TUNSETIFF, &request)) die("TUNSETIFF");
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  set_address(s, &request, SIOCSIFADDR, address);
  set_address(s, &request, SIOCSIFDSTADDR, peer);
  request.ifr_mtu = MTU;
  if (ioctl(s, SIOCSIFMTU, &request)) die("SIOCSIFMTU");
  request.ifr_qlen = 1000;
  if (ioctl(s, SIOCSIFTXQLEN, &request)) die("SIOCSIFTXQLEN");
  if (ioctl(s, SIOCGIFFLAGS, &request)) die("SIOCGIFFLAGS");
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  if (ioctl(s, SIOCSIFFLAGS, &request)) die("SIOCSIFFLAGS");
  close(s);
  return tun;
}

static Pipe open_pipe(int in, int out) {
  Packet *ring = malloc(sizeof(Packet) * RING);
  if (ring == NULL) die("malloc");
  return (Pipe){.in = in, .out = out, .ring = ring};
}

// Reads what a device has and decides the fate of each packet.
static void take(Pipe *pipe) {
  for (int i = 0; i < BATCH; i++) {
    uint8_t bytes[MTU];
    ssize_t length = read(pipe->in, bytes, sizeof bytes);
    if (length <= 0) return;
    uint64_t now = now_ns();
    pipe->packets++;
    pipe->bytes += length;
    if (loss > 0 && uniform() < loss) {
      pipe->lost++;
      continue;
    }
    if (pipe->line_free < now) pipe->line_free = now;
    uint32_t next = (pipe->tail + 1) % RING;
    if (next == pipe->head || pipe->line_free - now > queue_ns) {
      pipe->dropped++;
      continue;
    }
    if (bytes_per_ns > 0) pipe->line_free += (uint64_t)(length / bytes_per_ns);
    Packet *packet = &pipe->ring[pipe->tail];
    packet->due = pipe->line_free + delay_ns;
    packet->length = length;
    memcpy(packet->data, bytes, length);
    pipe->tail = next;
  }
}

// Sends what is due. Returns when the next packet is, or UINT64_MAX when there is none.
static uint64_t give(Pipe *pipe) {
  uint64_t now = now_ns();
  while (pipe->head != pipe->tail) {
    Packet *packet = &pipe->ring[pipe->head];
    if (packet->due > now) return packet->due;
    if (write(pipe->out, packet->data, packet->length) < 0 && errno == EAGAIN) return now + RETRY_NS;
    pipe->head = (pipe->head + 1) % RING;
  }
  return UINT64_MAX;
}

static void print_direction(const char *name, const Pipe *pipe) {
  fprintf(stderr, "\"%s\":{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"dropped\":%" PRIu64 "}", name, pipe->packets,
          pipe->bytes, pipe->lost, pipe->dropped);
}

static void print_counters(const Pipe *there, const Pipe *back) {
  fprintf(stderr, "{");
  print_direction("aToB", there);
  fprintf(stderr, ",");
  print_direction("bToA", back);
  fprintf(stderr, "}\n");
}

static void on_signal(int number) {
  if (number == SIGUSR1) wants_counters = 1;
  else wants_end = 1;
}

static void run(Pipe *there, Pipe *back) {
  // Signals are let in only while it waits, so none is missed between a check and a wait.
  sigset_t blocked, waiting;
  sigemptyset(&blocked);
  const int numbers[] = {SIGUSR1, SIGTERM, SIGINT};
  for (int i = 0; i < 3; i++) {
    sigaddset(&blocked, numbers[i]);
    signal(numbers[i], on_signal);
  }
  sigprocmask(SIG_BLOCK, &blocked, &waiting);
  while (!wants_end) {
    uint64_t x = give(there), y = give(back), next = x < y ? x : y, now = now_ns();
    uint64_t wait = next == UINT64_MAX ? NS_PER_S : next > now ? next - now : 0;
    struct timespec timeout = {.tv_sec = wait / NS_PER_S, .tv_nsec = wait % NS_PER_S};
    struct pollfd devices[2] = {{there->in, POLLIN, 0}, {back->in, POLLIN, 0}};
    if (ppoll(devices, 2, &timeout, &waiting) > 0) {
      if (devices[0].revents) take(there);
      if (devices[1].revents) take(back);
    }
    if (wants_counters) {
      wants_counters = 0;
      print_counters(there, back);
    }
  }
  print_counters(there, back);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc % 2 == 0) {
    fprintf(stderr, "usage: wanlink NS_A ADDR_A NS_B ADDR_B [--delay-ms N] [--loss P] [--mbit N] [--queue-ms N] [--seed N]\n");
    return 2;
  }
  double delay_ms = 50, mbit = 0, queue_ms = 200;
  for (int i = 5; i < argc; i += 2) {
    const char *name = argv[i], *value = argv[i + 1];
    if (!strcmp(name, "--delay-ms")) delay_ms = atof(value);
    else if (!strcmp(name, "--loss")) loss = atof(value);
    else if (!strcmp(name, "--mbit")) mbit = atof(value);
    else if (!strcmp(name, "--queue-ms")) queue_ms = atof(value);
    else if (!strcmp(name, "--seed")) random_state ^= (uint64_t)atoll(value) * 0x9E3779B97F4A7C15ull;
    else {
      fprintf(stderr, "unknown option %s\n", name);
      return 2;
    }
  }
  delay_ns = delay_ms * 1e6;
  queue_ns = queue_ms * 1e6;
  bytes_per_ns = mbit / 8000.0;
  // Whoever started it may be killed; a link without an owner would stay for ever.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int a = open_tun(argv[1], argv[2], argv[4]), b = open_tun(argv[3], argv[4], argv[2]);
  Pipe there = open_pipe(a, b), back = open_pipe(b, a);
  fprintf(stderr, "ready: %s %s <-> %s %s, %.1f ms each way, loss %.4f, %.0f Mbit/s\n", argv[1], argv[2], argv[3], argv[4], delay_ms, loss, mbit);
  run(&there, &back);
  return 0;
}
