/* Chunks of samples to blocks and back. Steps are in items of the chunk; a negative row_step turns the rows round. */
#include "lanes.h"

/* Puts the value before it in the place of each that is not finite. Rare, hence one by one. */
static int hold(double *values, int rows, double held) {
  int replaced = 0;
  for (int r = 0; r < rows; r++) {
    double value = values[2 * r];
    if (value - value == 0) {
      held = value;
    } else {
      values[2 * r] = held;
      replaced++;
    }
  }
  return replaced;
}

/* The same for a pair of channels, if there is any; `held` takes the last row. */
INLINE int settle(double *pair, int rows, double *held, f64x2 bad) {
  int replaced = 0;
  if (wasm_v128_any_true(bad)) replaced = hold(pair, rows, held[0]) + hold(pair + 1, rows, held[1]);
  store(held, load(pair + 2 * (rows - 1)));
  return replaced;
}

INLINE f64x2 two_f32(const float *at) { return wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(at)); }
INLINE f64x2 two_f64(const double *at) { return load(at); }
INLINE f64x2 two_i16(const short *at) {
  return wasm_f64x2_convert_low_i32x4(wasm_i32x4_extend_low_i16x8(wasm_v128_load32_zero(at)));
}
INLINE f64x2 two_i32(const int *at) { return wasm_f64x2_convert_low_i32x4(wasm_v128_load64_zero(at)); }

#define UPPER(x) wasm_i64x2_shuffle(x, x, 1, 1)

/* Four neighbours to two pairs; says which are not finite, in any form. */
INLINE v128_t four_f32(const float *at, double *low, double *high) {
  v128_t x = load(at);
  store(low, wasm_f64x2_promote_low_f32x4(x));
  store(high, wasm_f64x2_promote_low_f32x4(UPPER(x)));
  return wasm_f32x4_ne(wasm_f32x4_sub(x, x), ZERO);
}
INLINE v128_t four_f64(const double *at, double *low, double *high) {
  f64x2 x = load(at), y = load(at + 2);
  store(low, x), store(high, y);
  return wasm_v128_or(not_finite(x), not_finite(y));
}
INLINE v128_t four_i32(const int *at, double *low, double *high) {
  v128_t x = load(at);
  store(low, wasm_f64x2_convert_low_i32x4(x));
  store(high, wasm_f64x2_convert_low_i32x4(UPPER(x)));
  return ZERO;
}
INLINE v128_t four_i16(const short *at, double *low, double *high) {
  v128_t x = wasm_i32x4_load16x4(at);
  store(low, wasm_f64x2_convert_low_i32x4(x));
  store(high, wasm_f64x2_convert_low_i32x4(UPPER(x)));
  return ZERO;
}

INLINE void put_two_f32(float *at, f64x2 x) { wasm_v128_store64_lane(at, wasm_f32x4_demote_f64x2_zero(x), 0); }
INLINE void put_two_f64(double *at, f64x2 x) { store(at, x); }
INLINE void put_two_i32(int *at, f64x2 x) { wasm_v128_store64_lane(at, wasm_i32x4_trunc_sat_f64x2_zero(x), 0); }
INLINE void put_two_i16(short *at, f64x2 x) {
  v128_t integers = wasm_i32x4_trunc_sat_f64x2_zero(x);
  wasm_v128_store32_lane(at, wasm_i16x8_narrow_i32x4(integers, integers), 0);
}

INLINE float as_f32(double x) { return (float)x; }
INLINE double as_f64(double x) { return x; }
INLINE int as_i32(double x) { return wasm_i32x4_extract_lane(wasm_i32x4_trunc_sat_f64x2_zero(splat(x)), 0); }
INLINE short as_i16(double x) {
  int integer = as_i32(x);
  return (short)(integer < -32768 ? -32768 : integer > 32767 ? 32767 : integer);
}

/* `held`: the last value of each channel, as many as there are lanes. Returns how many values were not finite. */
#define LOAD(name, type, two, four)                                                                                   \
  int EXPORT(name)(const type *from, double *to, int rows, int channels, int row_step, int channel_step,              \
                   int pair_step, double *held) {                                                                     \
    int replaced = 0, c = 0;                                                                                          \
    for (; channel_step == 1 && c + 4 <= channels; c += 4, to += 2 * pair_step, held += 4) {                          \
      const type *at = from + c;                                                                                      \
      f64x2 bad = ZERO;                                                                                               \
      for (int r = 0; r < rows; r++, at += row_step)                                                                  \
        bad = wasm_v128_or(bad, four(at, to + 2 * r, to + pair_step + 2 * r));                                        \
      replaced += settle(to, rows, held, bad) + settle(to + pair_step, rows, held + 2, bad);                          \
    }                                                                                                                 \
    for (; c < channels; c += 2, to += pair_step, held += 2) {                                                        \
      const type *a = from + (long)c * channel_step;                                                                  \
      const type *b = c + 1 < channels ? a + channel_step : 0;                                                        \
      f64x2 bad = ZERO;                                                                                               \
      for (int r = 0; r < rows; r++, a += row_step, b += b ? row_step : 0) {                                          \
        f64x2 x = b == a + 1 ? two(a) : wasm_f64x2_make((double)*a, b ? (double)*b : 0);                              \
        bad = wasm_v128_or(bad, not_finite(x));                                                                       \
        store(to + 2 * r, x);                                                                                         \
      }                                                                                                               \
      replaced += settle(to, rows, held, bad);                                                                        \
    }                                                                                                                 \
    return replaced;                                                                                                  \
  }

/* Integers are truncated towards zero and held within their limits; NaN becomes 0. */
#define STORE(name, type, put_two, as)                                                                                \
  void EXPORT(name)(const double *from, type *to, int rows, int channels, int row_step, int channel_step,             \
                    int pair_step) {                                                                                  \
    for (int c = 0; c < channels; c += 2, from += pair_step) {                                                        \
      type *a = to + (long)c * channel_step;                                                                          \
      if (c + 1 < channels && channel_step == 1) {                                                                    \
        for (int r = 0; r < rows; r++, a += row_step) put_two(a, load(from + 2 * r));                                 \
      } else {                                                                                                        \
        type *b = a + channel_step;                                                                                   \
        for (int r = 0; r < rows; r++, a += row_step) *a = as(from[2 * r]);                                           \
        if (c + 1 < channels)                                                                                         \
          for (int r = 0; r < rows; r++, b += row_step) *b = as(from[2 * r + 1]);                                     \
      }                                                                                                               \
    }                                                                                                                 \
  }

LOAD(load_f32, float, two_f32, four_f32)
LOAD(load_f64, double, two_f64, four_f64)
LOAD(load_i16, short, two_i16, four_i16)
LOAD(load_i32, int, two_i32, four_i32)
STORE(store_f32, float, put_two_f32, as_f32)
STORE(store_f64, double, put_two_f64, as_f64)
STORE(store_i16, short, put_two_i16, as_i16)
STORE(store_i32, int, put_two_i32, as_i32)
