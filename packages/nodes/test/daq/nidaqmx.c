/*
 * Stands in for NI-DAQmx in tests: the functions that the node calls, with one device that acquires by the clock. Sample n
 * of channel k is n % 1000 - 500 + 1000 * k. Faults are set with standin_set.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TASKS 16
#define CHANNELS 64

typedef struct {
  int used, running, inputs, outputs, terminal[CHANNELS];
  double low[CHANNELS], high[CHANNELS];
  double rate, started;
  uint64_t read, finite, written;
} Task;

static Task tasks[TASKS];
static char last_error[256];
static double last_wave[2];
/* What goes wrong: the next look fails so, the clock stands still, the device is gone. */
static int fail_next, silent, gone;
static int open_tasks;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int fail(int status, const char *text) {
  snprintf(last_error, sizeof last_error, "%s", text);
  return status;
}

static Task *find(uintptr_t handle) { return handle > 0 && handle <= TASKS && tasks[handle - 1].used ? &tasks[handle - 1] : 0; }

static uint64_t acquired(const Task *t) {
  if (!t->running || silent) return t->read;
  return (uint64_t)((now() - t->started) * t->rate);
}

static int look(const Task *t) {
  if (!t) return fail(-200088, "Task specified is invalid or does not exist.");
  if (gone) return fail(-50405, "The device is no longer there.");
  if (fail_next) {
    int status = fail_next;
    return fail(status, "Attempted to read samples that are no longer available.");
  }
  return 0;
}

void standin_set(const char *name, double value) {
  if (!strcmp(name, "fail")) fail_next = (int)value;
  if (!strcmp(name, "silent")) silent = (int)value;
  if (!strcmp(name, "gone")) gone = (int)value;
}

double standin_get(const char *name, int k) {
  if (!strcmp(name, "tasks")) return open_tasks;
  if (!strcmp(name, "terminal")) return tasks[0].terminal[k];
  if (!strcmp(name, "low")) return tasks[0].low[k];
  if (!strcmp(name, "high")) return tasks[0].high[k];
  if (!strcmp(name, "wave")) return last_wave[k];
  return -1;
}

int DAQmxGetExtendedErrorInfo(char *text, uint32_t size) {
  snprintf(text, size, "%s", last_error);
  return 0;
}

int DAQmxCreateTask(const char *name, uint64_t *handle) {
  (void)name;
  for (int k = 0; k < TASKS; k++) {
    if (tasks[k].used) continue;
    memset(&tasks[k], 0, sizeof tasks[k]);
    tasks[k].used = 1;
    open_tasks++;
    *handle = (uint64_t)k + 1;
    return 0;
  }
  return fail(-50352, "No more tasks.");
}

int DAQmxClearTask(uintptr_t handle) {
  Task *t = find(handle);
  if (!t) return -200088;
  t->used = 0;
  open_tasks--;
  return 0;
}

int DAQmxCreateAIVoltageChan(uintptr_t handle, const char *channel, const char *alias, int terminal, double low,
                             double high, int units, const char *scale) {
  Task *t = find(handle);
  (void)alias, (void)units, (void)scale;
  if (!t) return look(t);
  if (strncmp(channel, "Dev1/ai", 7)) return fail(-200220, "Device identifier is invalid.\n\nDevice: Dev9");
  t->terminal[t->inputs] = terminal;
  t->low[t->inputs] = low;
  t->high[t->inputs] = high;
  t->inputs++;
  return 0;
}

int DAQmxCreateAOVoltageChan(uintptr_t handle, const char *channel, const char *alias, double low, double high, int units,
                             const char *scale) {
  Task *t = find(handle);
  (void)alias, (void)units, (void)scale, (void)low, (void)high;
  if (!t) return look(t);
  if (strncmp(channel, "Dev1/ao", 7)) return fail(-200220, "Device identifier is invalid.");
  t->outputs++;
  return 0;
}

int DAQmxCfgSampClkTiming(uintptr_t handle, const char *source, double rate, int edge, int mode, uint64_t count) {
  Task *t = find(handle);
  (void)source, (void)edge;
  if (!t) return look(t);
  if (rate > 1e6) return fail(-200077, "Requested value is not a supported value for this property.");
  /* A device that divides a clock of 100 kHz. */
  t->rate = 100000.0 / (int)(100000.0 / rate + 0.5);
  t->finite = mode == 10178 ? count : 0;
  return 0;
}

int DAQmxGetSampClkRate(uintptr_t handle, double *rate) {
  Task *t = find(handle);
  if (!t) return look(t);
  *rate = t->rate;
  return 0;
}

int DAQmxCfgOutputBuffer(uintptr_t handle, uint32_t count) {
  Task *t = find(handle);
  if (!t) return look(t);
  return count == t->finite ? 0 : fail(-200001, "Buffer size.");
}

int DAQmxWriteAnalogF64(uintptr_t handle, int count, uint32_t auto_start, double timeout, uint32_t layout,
                        const double *values, int32_t *written, void *reserved) {
  Task *t = find(handle);
  (void)timeout, (void)reserved;
  if (!t) return look(t);
  if (auto_start || layout != 0) return fail(-200001, "Layout.");
  last_wave[0] = values[0];
  last_wave[1] = values[count * t->outputs - 1];
  *written = count;
  t->written = (uint64_t)count;
  return 0;
}

int DAQmxStartTask(uintptr_t handle) {
  Task *t = find(handle);
  if (!t) return look(t);
  if (gone) return look(t);
  fail_next = 0;
  t->running = 1;
  t->read = 0;
  t->started = now();
  return 0;
}

int DAQmxStopTask(uintptr_t handle) {
  Task *t = find(handle);
  if (!t) return look(t);
  t->running = 0;
  return 0;
}

int DAQmxIsTaskDone(uintptr_t handle, uint32_t *done) {
  Task *t = find(handle);
  if (!t) return look(t);
  *done = !t->running || (t->finite > 0 && acquired(t) >= t->finite);
  return 0;
}

int DAQmxGetReadAvailSampPerChan(uintptr_t handle, uint32_t *count) {
  Task *t = find(handle);
  int status = look(t);
  if (status < 0) return status;
  *count = (uint32_t)(acquired(t) - t->read);
  return 0;
}

int DAQmxGetReadTotalSampPerChanAcquired(uintptr_t handle, uint64_t *count) {
  Task *t = find(handle);
  if (!t) return look(t);
  *count = acquired(t);
  return 0;
}

static int raw(uint64_t n, int k) { return (int)(n % 1000) - 500 + 1000 * k; }

static int ready(Task *t, int count, uint32_t fill, uint32_t size) {
  int status = look(t);
  if (status < 0) return status;
  if (fill != 1 || size < (uint32_t)(count * t->inputs)) return fail(-200001, "Layout.");
  if (acquired(t) - t->read < (uint64_t)count) return fail(-200284, "Some or all of the samples are not available yet.");
  return 0;
}

int DAQmxReadBinaryI16(uintptr_t handle, int count, double timeout, uint32_t fill, int16_t *values, uint32_t size,
                       int32_t *read, void *reserved) {
  Task *t = find(handle);
  (void)timeout, (void)reserved;
  int status = ready(t, count, fill, size);
  if (status < 0) return status;
  for (int n = 0; n < count; n++)
    for (int k = 0; k < t->inputs; k++) values[n * t->inputs + k] = (int16_t)raw(t->read + (uint64_t)n, k);
  t->read += (uint64_t)count;
  *read = count;
  return 0;
}

int DAQmxReadAnalogF64(uintptr_t handle, int count, double timeout, uint32_t fill, double *values, uint32_t size,
                       int32_t *read, void *reserved) {
  Task *t = find(handle);
  (void)timeout, (void)reserved;
  int status = ready(t, count, fill, size);
  if (status < 0) return status;
  for (int n = 0; n < count; n++)
    for (int k = 0; k < t->inputs; k++)
      values[n * t->inputs + k] = raw(t->read + (uint64_t)n, k) * (t->high[k] - t->low[k]) / 65536.0;
  t->read += (uint64_t)count;
  *read = count;
  return 0;
}
