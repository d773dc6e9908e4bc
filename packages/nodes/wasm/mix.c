/* Channel matrices and sliding windows. */
#include "lanes.h"

/* Weights that are zero are left out: `counts[p]` entries for output pair p, the channel and the weights of two lanes. */
void EXPORT(matrix)(const double *x, double *out, const int *counts, const int *channels, const double *weights,
                    int pairs, int rows, int pair_step, int out_step) {
  for (int p = 0; p < pairs; p++, out += out_step) {
    const int count = counts[p];
    int r = 0;
    for (; r + 4 <= rows; r += 4) {
      f64x2 s0 = ZERO, s1 = ZERO, s2 = ZERO, s3 = ZERO;
      for (int i = 0; i < count; i++) {
        const double *from = x + (long)(channels[i] >> 1) * pair_step + (channels[i] & 1) + 2 * r;
        f64x2 w = load(weights + 2 * i);
        s0 = add(s0, mul(w, load_splat(from)));
        s1 = add(s1, mul(w, load_splat(from + 2)));
        s2 = add(s2, mul(w, load_splat(from + 4)));
        s3 = add(s3, mul(w, load_splat(from + 6)));
      }
      store(out + 2 * r, s0), store(out + 2 * r + 2, s1), store(out + 2 * r + 4, s2), store(out + 2 * r + 6, s3);
    }
    for (; r < rows; r++) {
      f64x2 sum = ZERO;
      for (int i = 0; i < count; i++) {
        const double *from = x + (long)(channels[i] >> 1) * pair_step + (channels[i] & 1) + 2 * r;
        sum = add(sum, mul(load(weights + 2 * i), load_splat(from)));
      }
      store(out + 2 * r, sum);
    }
    channels += count;
    weights += 2 * count;
  }
}

enum { MEAN, RMS, DEMEAN };

/* In place; `ring` has `window` rows per pair, `at` is where the next goes, `filled` how many there are. */
INLINE void slide(const int statistic, double *x, double *ring, double *sum_at, int rows, int window, int at,
                  int filled) {
  f64x2 sum = load(sum_at);
  for (int r = 0; r < rows; r++) {
    f64x2 value = load(x + 2 * r);
    f64x2 term = statistic == RMS ? mul(value, value) : value;
    sum = add(sum, sub(term, load(ring + 2 * at)));
    store(ring + 2 * at, term);
    if (++at == window) {
      at = 0;
      sum = ZERO;
      for (int i = 0; i < window; i++) sum = add(sum, load(ring + 2 * i));
    }
    if (filled < window) filled++;
    f64x2 mean = divide(sum, splat(filled));
    if (statistic == RMS) mean = wasm_f64x2_sqrt(wasm_f64x2_pmax(ZERO, mean));
    store(x + 2 * r, statistic == DEMEAN ? sub(value, mean) : mean);
  }
  store(sum_at, sum);
}

void EXPORT(sliding)(double *x, double *ring, double *sums, int pairs, int rows, int pair_step, int window, int at,
                     int filled, int statistic) {
  for (int p = 0; p < pairs; p++, x += pair_step, ring += 2L * window, sums += 2) {
    if (statistic == MEAN) slide(MEAN, x, ring, sums, rows, window, at, filled);
    else if (statistic == RMS) slide(RMS, x, ring, sums, rows, window, at, filled);
    else slide(DEMEAN, x, ring, sums, rows, window, at, filled);
  }
}
