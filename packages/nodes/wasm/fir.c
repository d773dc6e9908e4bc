/*
 * FIR filters: polyphase ones and Hilbert transformers. Several pairs of channels at once, as one alone would wait for
 * its own sum. Their number is a literal: only then do the sums stay in registers.
 *
 *   line  blocks; row 0 of the new rows is at `line`, those of the past are before it
 */
#include "lanes.h"

/*
 *   taps   per phase, phase after phase, the one for the newest row first
 *   first  position of the first output row among `up` per input row
 */
#define POLYPHASE(pairs)                                                                                              \
  static void polyphase_##pairs(const double *line, const double *taps, double *out, int line_step, int out_step,     \
                                int produced, int up, int down, int first, int phase_length) {                        \
    int row = first / up, phase = first % up;                                                                         \
    const int rows_on = down / up, phases_on = down % up;                                                             \
    for (int m = 0; m < produced; m++) {                                                                              \
      const double *t = taps + (long)phase * phase_length;                                                            \
      const double *x[pairs];                                                                                         \
      f64x2 sum[pairs];                                                                                               \
      UNROLL for (int k = 0; k < pairs; k++) x[k] = line + (long)k * line_step + 2L * row, sum[k] = ZERO;             \
      for (int i = 0; i < phase_length; i++) {                                                                        \
        f64x2 tap = load_splat(t + i);                                                                                \
        UNROLL for (int k = 0; k < pairs; k++) sum[k] = add(sum[k], mul(tap, load(x[k]))), x[k] -= 2;                 \
      }                                                                                                               \
      UNROLL for (int k = 0; k < pairs; k++) store(out + (long)k * out_step + 2L * m, sum[k]);                        \
      row += rows_on;                                                                                                 \
      phase += phases_on;                                                                                             \
      if (phase >= up) phase -= up, row++;                                                                            \
    }                                                                                                                 \
  }
POLYPHASE(4)
POLYPHASE(2)
POLYPHASE(1)

/* Four rows of one pair, all of one phase: for the pairs that are left. */
static int four_rows(const double *line, const double *taps, double *out, int produced, int down, int first, int taps_count) {
  const long on = 2L * down;
  const double *row = line + 2L * first;
  int m = 0;
  for (; m + 4 <= produced; m += 4, row += 4 * on) {
    const double *x[4];
    f64x2 sum[4];
    UNROLL for (int k = 0; k < 4; k++) x[k] = row + k * on, sum[k] = ZERO;
    for (int i = 0; i < taps_count; i++) {
      f64x2 tap = load_splat(taps + i);
      UNROLL for (int k = 0; k < 4; k++) sum[k] = add(sum[k], mul(tap, load(x[k]))), x[k] -= 2;
    }
    UNROLL for (int k = 0; k < 4; k++) store(out + 2L * (m + k), sum[k]);
  }
  return m;
}

void EXPORT(polyphase)(const double *line, const double *taps, double *out, int pairs, int line_step, int out_step,
                       int produced, int up, int down, int first, int phase_length) {
  for (; pairs >= 4; pairs -= 4, line += 4L * line_step, out += 4L * out_step)
    polyphase_4(line, taps, out, line_step, out_step, produced, up, down, first, phase_length);
  if (up > 1) {
    for (; pairs >= 2; pairs -= 2, line += 2L * line_step, out += 2L * out_step)
      polyphase_2(line, taps, out, line_step, out_step, produced, up, down, first, phase_length);
  }
  for (; pairs > 0; pairs--, line += line_step, out += out_step) {
    int m = up > 1 ? 0 : four_rows(line, taps, out, produced, down, first, phase_length);
    polyphase_1(line, taps, out + 2L * m, line_step, out_step, produced - m, up, down, first + m * down, phase_length);
  }
}

/*
 * The signal turned by 90°, or the magnitude of both, `half` rows late. `taps` are those of the odd distances from the
 * middle, which count with the opposite sign on the other side.
 */
#define TURN(pairs)                                                                                                   \
  static void turn_##pairs(const double *line, const double *taps, double *out, int line_step, int out_step, int rows, \
                           int half, int is_envelope) {                                                               \
    for (int r = 0; r < rows; r++) {                                                                                  \
      const double *middle = line + 2L * (r - half);                                                                  \
      const double *before[pairs], *after[pairs];                                                                     \
      f64x2 sum[pairs];                                                                                               \
      UNROLL for (int k = 0; k < pairs; k++) {                                                                        \
        before[k] = middle + (long)k * line_step - 2, after[k] = before[k] + 4, sum[k] = ZERO;                        \
      }                                                                                                               \
      for (int d = 1; d <= half; d += 2) {                                                                            \
        f64x2 tap = load_splat(taps + (d >> 1));                                                                      \
        UNROLL for (int k = 0; k < pairs; k++) {                                                                      \
          sum[k] = add(sum[k], mul(tap, sub(load(before[k]), load(after[k]))));                                       \
          before[k] -= 4, after[k] += 4;                                                                              \
        }                                                                                                             \
      }                                                                                                               \
      UNROLL for (int k = 0; k < pairs; k++) {                                                                        \
        f64x2 x = load(middle + (long)k * line_step);                                                                 \
        f64x2 y = is_envelope ? wasm_f64x2_sqrt(add(mul(x, x), mul(sum[k], sum[k]))) : sum[k];                        \
        store(out + (long)k * out_step + 2L * r, y);                                                                  \
      }                                                                                                               \
    }                                                                                                                 \
  }
TURN(4)
TURN(1)

void EXPORT(hilbert)(const double *line, const double *taps, double *out, int pairs, int line_step, int out_step,
                     int rows, int half, int is_envelope) {
  for (; pairs >= 4; pairs -= 4, line += 4L * line_step, out += 4L * out_step)
    turn_4(line, taps, out, line_step, out_step, rows, half, is_envelope);
  for (; pairs > 0; pairs--, line += line_step, out += out_step)
    turn_1(line, taps, out, line_step, out_step, rows, half, is_envelope);
}

/* Moves `rows` rows of every pair to the beginning. */
void EXPORT(move_rows)(double *line, int pairs, int line_step, int from, int rows) {
  for (int p = 0; p < pairs; p++, line += line_step)
    for (int r = 0; r < rows; r++) store(line + 2 * r, load(line + 2 * (from + r)));
}
