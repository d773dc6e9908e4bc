/* Polyphase FIR filters. */
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

/* Moves `rows` rows of every pair to the beginning. */
void EXPORT(move_rows)(double *line, int pairs, int line_step, int from, int rows) {
  for (int p = 0; p < pairs; p++, line += line_step)
    for (int r = 0; r < rows; r++) store(line + 2 * r, load(line + 2 * (from + r)));
}
