/*
 * Stands in for Measurement Computing's Universal Library in tests: the functions that the node calls, with one board that
 * writes into the ring by the clock when it is looked at. Scan n has (n % 1000) * 64 + k on analogue point k, and n on
 * digital ones. A long is 32 bits, as on Windows. Faults are set with standin_set.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BOARDS 4
#define POINTS 64

static const char *const names[BOARDS] = {"USB-1608FS", "USB-1616HS", "USB-1208LS", "PCI-DAS6025"};
/* Digital devices of each board: type and bits. */
static const int ports[BOARDS][4][2] = {{{0}}, {{1, 8}, {10, 8}, {11, 8}, {12, 8}}, {{0}}, {{10, 12}}};
static const int port_count[BOARDS] = {2, 4, 2, 1};
static const int channel_count[BOARDS] = {8, 16, 8, 16};

static struct {
  int running, function, width, digital[POINTS], range[POINTS], low;
  uint16_t *ring;
  int64_t size, written;
  double started, rate;
} scan;

static int fail_next, gone, silent, mode = -1, started_scans, stopped_scans;
static double ahead;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void standin_set(const char *name, double value) {
  if (!strcmp(name, "fail")) fail_next = (int)value;
  if (!strcmp(name, "gone")) gone = (int)value;
  if (!strcmp(name, "silent")) silent = (int)value;
  /* As if so many seconds had gone by. */
  if (!strcmp(name, "ahead")) ahead += value;
}

double standin_get(const char *name, int k) {
  if (!strcmp(name, "mode")) return mode;
  if (!strcmp(name, "running")) return scan.running;
  if (!strcmp(name, "range")) return scan.range[k];
  if (!strcmp(name, "low")) return scan.low;
  if (!strcmp(name, "width")) return scan.width;
  if (!strcmp(name, "size")) return (double)scan.size;
  if (!strcmp(name, "function")) return scan.function;
  return -1;
}

int cbGetErrMsg(int status, char *text) {
  snprintf(text, 256, "%s", status == 126 ? "Board number is not valid." : status == 29 ? "Data overrun" : "Dead board");
  return 0;
}

int cbGetBoardName(int board, char *name) {
  if (board < 0 || board >= BOARDS) return 126;
  snprintf(name, 25, "%s", names[board]);
  return 0;
}

int cbGetConfig(int info, int board, int device, int item, int *value) {
  if (board < 0 || board >= BOARDS) return 126;
  *value = 0;
  if (info == 2 && item == 7) *value = channel_count[board];
  if (info == 2 && item == 9) *value = port_count[board];
  if (info == 3) *value = ports[board][device][item == 1 ? 0 : 1];
  return 0;
}

int cbAInputMode(int board, int value) {
  (void)board;
  mode = value;
  return 0;
}

static int begin(int function, int width, uint16_t *ring, int32_t points, int32_t *rate) {
  if (gone) return 1001;
  scan.running = 1;
  scan.function = function;
  scan.width = width;
  scan.ring = ring;
  scan.size = points / width;
  scan.written = 0;
  /* A board that divides a clock of 1 MHz. */
  scan.rate = 1e6 / (int)(1e6 / *rate + 0.5);
  *rate = (int32_t)(scan.rate + 0.5);
  scan.started = now();
  ahead = 0;
  fail_next = 0;
  started_scans++;
  return 0;
}

int cbAInScan(int board, int low, int high, int32_t points, int32_t *rate, int range, void *ring, int options) {
  (void)board;
  if (options != 11) return 17;
  memset(scan.digital, 0, sizeof scan.digital);
  for (int k = low; k <= high; k++) scan.range[k - low] = range;
  scan.low = low;
  return begin(1, high - low + 1, ring, points, rate);
}

int cbDaqInScan(int board, int16_t *channels, int16_t *types, int16_t *ranges, int count, int32_t *rate,
                int32_t *pretrigger, int32_t *total, void *ring, int options) {
  (void)board, (void)pretrigger;
  if (options != 11) return 17;
  for (int k = 0; k < count; k++) {
    scan.digital[k] = types[k];
    scan.range[k] = ranges[k];
  }
  scan.low = channels[0];
  return begin(6, count, ring, *total, rate);
}

int cbStopBackground(int board, int function) {
  (void)board;
  if (function != scan.function) return 8;
  scan.running = 0;
  stopped_scans++;
  return 0;
}

int cbGetIOStatus(int board, int16_t *status, int32_t *count, int32_t *point, int function) {
  (void)board, (void)function;
  if (gone) return 1001;
  if (fail_next) {
    scan.running = 0;
    return fail_next;
  }
  int64_t scans = silent ? scan.written : (int64_t)((now() - scan.started + ahead) * scan.rate);
  int64_t from = scans - scan.written > scan.size ? scans - scan.size : scan.written;
  for (int64_t n = from; n < scans; n++) {
    uint16_t *at = scan.ring + (n % scan.size) * scan.width;
    for (int k = 0; k < scan.width; k++) at[k] = (uint16_t)(scan.digital[k] ? n : (n % 1000) * 64 + k);
  }
  scan.written = scans;
  *status = (int16_t)scan.running;
  *count = (int32_t)(uint32_t)(scans * scan.width);
  *point = scans == 0 ? -1 : (int32_t)((scans % scan.size) * scan.width);
  return 0;
}
