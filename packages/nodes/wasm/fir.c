/* FIR filters: polyphase ones and Hilbert transformers. */
#include "lanes.h"

/*
 *   line   blocks; row 0 of the new rows is at `line`, those of the past are before it
 *   taps   per phase, phase after phase, the one for the newest row first
 *   first  position of the first output row among `up` per input row
 */
INLINE void filter(const int pairs, const double *line, const double *taps, double *out, int line_step, int out_step,
                   int produced, int up, int down, int first, int phase_length) {
  int row = first / up, phase = first % up;
  const int rows_on = down / up, phases_on = down % up;
  for (int m = 0; m < produced; m++) {
    const double *t = taps + (long)phase * phase_length;
    const double *x = line + 2L * row;
    f64x2 sum[4];
    UNROLL for (int k = 0; k < pairs; k++) sum[k] = ZERO;
    for (int i = 0; i < phase_length; i++, x -= 2) {
      f64x2 tap = load_splat(t + i);
      UNROLL for (int k = 0; k < pairs; k++) sum[k] = add(sum[k], mul(tap, load(x + (long)k * line_step)));
    }
    UNROLL for (int k = 0; k < pairs; k++) store(out + (long)k * out_step + 2L * m, sum[k]);
    row += rows_on;
    phase += phases_on;
    if (phase >= up) phase -= up, row++;
  }
}

void EXPORT(polyphase)(const double *line, const double *taps, double *out, int pairs, int line_step, int out_step,
                       int produced, int up, int down, int first, int phase_length) {
  int p = 0;
#define FILTER(n)                                                                                                     \
  for (; p + n <= pairs; p += n)                                                                                      \
    filter(n, line + (long)p * line_step, taps, out + (long)p * out_step, line_step, out_step, produced, up, down,    \
           first, phase_length);
  FILTER(4)
  FILTER(2)
  FILTER(1)
}

/*
 * The signal turned by 90°, or the magnitude of both, `half` rows late. `taps` are those of the odd distances from the
 * middle, which count with the opposite sign on the other side.
 */
INLINE void turn(const int pairs, const int is_envelope, const double *line, const double *taps, double *out,
                 int line_step, int out_step, int rows, int half) {
  for (int r = 0; r < rows; r++) {
    const double *middle = line + 2L * (r - half);
    f64x2 sum[4];
    UNROLL for (int k = 0; k < pairs; k++) sum[k] = ZERO;
    for (int d = 1; d <= half; d += 2) {
      f64x2 tap = load_splat(taps + (d >> 1));
      UNROLL for (int k = 0; k < pairs; k++) {
        const double *at = middle + (long)k * line_step;
        sum[k] = add(sum[k], mul(tap, sub(load(at - 2 * d), load(at + 2 * d))));
      }
    }
    UNROLL for (int k = 0; k < pairs; k++) {
      f64x2 x = load(middle + (long)k * line_step);
      f64x2 y = is_envelope ? wasm_f64x2_sqrt(add(mul(x, x), mul(sum[k], sum[k]))) : sum[k];
      store(out + (long)k * out_step + 2L * r, y);
    }
  }
}

void EXPORT(hilbert)(const double *line, const double *taps, double *out, int pairs, int line_step, int out_step,
                     int rows, int half, int is_envelope) {
  int p = 0;
#define TURN(n)                                                                                                       \
  for (; p + n <= pairs; p += n) {                                                                                    \
    const double *from = line + (long)p * line_step;                                                                  \
    double *to = out + (long)p * out_step;                                                                            \
    if (is_envelope) turn(n, 1, from, taps, to, line_step, out_step, rows, half);                                     \
    else turn(n, 0, from, taps, to, line_step, out_step, rows, half);                                                 \
  }
  TURN(4)
  TURN(1)
}

/* Moves `rows` rows of every pair to the beginning. */
void EXPORT(move_rows)(double *line, int pairs, int line_step, int from, int rows) {
  for (int p = 0; p < pairs; p++, line += line_step)
    for (int r = 0; r < rows; r++) store(line + 2 * r, load(line + 2 * (from + r)));
}
