/* Cascades of second-order sections in transposed direct form II, in place. */
#include "lanes.h"

/*
 * Row after row through all sections: the chains of the sections overlap, and four pairs of channels keep the
 * multipliers busy (sections outside and states in registers is slower: each section then waits for its own last row).
 *
 *   state         z0, z1 (two lanes each) per section, per pair
 *   coefficients  b0 b1 b2 a1 a2 per section; `per_pair` doubles further on for the next pair, two lanes each, or 0 when
 *                 all channels have the same, one number each
 */
INLINE void cascade(const int pairs, const int is_per_pair, double *x, double *state, const double *coefficients,
                    int rows, int pair_step, int sections) {
  const int width = is_per_pair ? 2 : 1;
  for (int r = 0; r < rows; r++) {
    f64x2 v[4];
    UNROLL for (int k = 0; k < pairs; k++) v[k] = load(x + (long)k * pair_step + 2 * r);
    for (int s = 0; s < sections; s++) {
      const double *c = coefficients + 5 * width * s;
      double *z = state + 4 * s;
      f64x2 b0, b1, b2, a1, a2;
      if (!is_per_pair) {
        b0 = load_splat(c), b1 = load_splat(c + 1), b2 = load_splat(c + 2);
        a1 = load_splat(c + 3), a2 = load_splat(c + 4);
      }
      UNROLL for (int k = 0; k < pairs; k++) {
        if (is_per_pair) {
          const double *own = c + (long)10 * sections * k;
          b0 = load(own), b1 = load(own + 2), b2 = load(own + 4), a1 = load(own + 6), a2 = load(own + 8);
        }
        double *zk = z + (long)4 * sections * k;
        f64x2 y = add(mul(b0, v[k]), load(zk));
        store(zk, add(sub(mul(b1, v[k]), mul(a1, y)), load(zk + 2)));
        store(zk + 2, sub(mul(b2, v[k]), mul(a2, y)));
        v[k] = y;
      }
    }
    UNROLL for (int k = 0; k < pairs; k++) store(x + (long)k * pair_step + 2 * r, v[k]);
  }
}

/* The state of a channel that grew beyond all numbers goes back to zero. */
INLINE void recover(double *state, int sections, f64x2 last) {
  f64x2 bad = not_finite(last);
  if (!wasm_v128_any_true(bad)) return;
  for (int i = 0; i < 4 * sections; i += 2) store(state + i, wasm_v128_andnot(load(state + i), bad));
}

#define CASCADES(is_per_pair)                                                                                         \
  for (; p + 4 <= pairs; p += 4) {                                                                                    \
    cascade(4, is_per_pair, x + (long)p * pair_step, state + 4L * sections * p,                                       \
            coefficients + (is_per_pair ? 10L * sections * p : 0), rows, pair_step, sections);                        \
  }                                                                                                                   \
  for (; p + 2 <= pairs; p += 2) {                                                                                    \
    cascade(2, is_per_pair, x + (long)p * pair_step, state + 4L * sections * p,                                       \
            coefficients + (is_per_pair ? 10L * sections * p : 0), rows, pair_step, sections);                        \
  }                                                                                                                   \
  for (; p < pairs; p++) {                                                                                            \
    cascade(1, is_per_pair, x + (long)p * pair_step, state + 4L * sections * p,                                       \
            coefficients + (is_per_pair ? 10L * sections * p : 0), rows, pair_step, sections);                        \
  }

void EXPORT(sos)(double *x, double *state, const double *coefficients, int pairs, int rows, int pair_step,
                 int sections, int is_per_pair) {
  int p = 0;
  if (is_per_pair) {
    CASCADES(1)
  } else {
    CASCADES(0)
  }
  for (p = 0; p < pairs; p++) recover(state + 4L * sections * p, sections, load(x + (long)p * pair_step + 2 * (rows - 1)));
}
