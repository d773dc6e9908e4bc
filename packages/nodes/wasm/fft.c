/* Fourier transforms of one signal, real and imaginary parts apart. Lanes are neighbouring points. */
#include "lanes.h"

typedef struct { f64x2 re, im; } complexes;

INLINE complexes times(complexes a, f64x2 re, f64x2 im) {
  return (complexes){sub(mul(a.re, re), mul(a.im, im)), add(mul(a.re, im), mul(a.im, re))};
}

/* The four results of a butterfly before the factors. */
#define BUTTERFLY(xr, xi, a, step)                                                                                    \
  f64x2 ar = load(xr + (a)), ai = load(xi + (a)), br = load(xr + (a) + (step)), bi = load(xi + (a) + (step)),         \
        cr = load(xr + (a) + 2 * (step)), ci = load(xi + (a) + 2 * (step)), dr = load(xr + (a) + 3 * (step)),         \
        di = load(xi + (a) + 3 * (step));                                                                             \
  f64x2 sr = add(ar, cr), si = add(ai, ci), tr = sub(ar, cr), ti = sub(ai, ci);                                       \
  f64x2 ur = add(br, dr), ui = add(bi, di), vr = sub(br, dr), vi = sub(bi, di);                                       \
  complexes y0 = {add(sr, ur), add(si, ui)}, y1 = {add(tr, vi), sub(ti, vr)}, y2 = {sub(sr, ur), sub(si, ui)},        \
            y3 = {sub(tr, vi), add(ti, vr)};

/* The stage whose neighbours need different factors: results of two p lie four apart and are put side by side. */
static void first_stage(const double *xr, const double *xi, double *yr, double *yi, const double *w, int n) {
  const int quarter = n / 4;
  for (int p = 0; p < quarter; p += 2) {
    BUTTERFLY(xr, xi, p, quarter)
    const double *f = w + p;
    y1 = times(y1, load(f), load(f + quarter));
    y2 = times(y2, load(f + 2 * quarter), load(f + 3 * quarter));
    y3 = times(y3, load(f + 4 * quarter), load(f + 5 * quarter));
    store(yr + 4 * p, wasm_i64x2_shuffle(y0.re, y1.re, 0, 2));
    store(yr + 4 * p + 2, wasm_i64x2_shuffle(y2.re, y3.re, 0, 2));
    store(yr + 4 * p + 4, wasm_i64x2_shuffle(y0.re, y1.re, 1, 3));
    store(yr + 4 * p + 6, wasm_i64x2_shuffle(y2.re, y3.re, 1, 3));
    store(yi + 4 * p, wasm_i64x2_shuffle(y0.im, y1.im, 0, 2));
    store(yi + 4 * p + 2, wasm_i64x2_shuffle(y2.im, y3.im, 0, 2));
    store(yi + 4 * p + 4, wasm_i64x2_shuffle(y0.im, y1.im, 1, 3));
    store(yi + 4 * p + 6, wasm_i64x2_shuffle(y2.im, y3.im, 1, 3));
  }
}

static void next_stage(const double *xr, const double *xi, double *yr, double *yi, const double *w, int n, int stride) {
  const int quarter = n / 4;
  const int step = stride * quarter;
  for (int p = 0; p < quarter; p++) {
    const double *f = w + p;
    f64x2 w1r = load_splat(f), w1i = load_splat(f + quarter), w2r = load_splat(f + 2 * quarter),
          w2i = load_splat(f + 3 * quarter), w3r = load_splat(f + 4 * quarter), w3i = load_splat(f + 5 * quarter);
    const double *fr = xr + stride * p, *fi = xi + stride * p;
    double *tr_ = yr + stride * 4 * p, *ti_ = yi + stride * 4 * p;
    for (int q = 0; q < stride; q += 2) {
      BUTTERFLY(fr, fi, q, step)
      y1 = times(y1, w1r, w1i);
      y2 = times(y2, w2r, w2i);
      y3 = times(y3, w3r, w3i);
      store(tr_ + q, y0.re), store(ti_ + q, y0.im);
      store(tr_ + q + stride, y1.re), store(ti_ + q + stride, y1.im);
      store(tr_ + q + 2 * stride, y2.re), store(ti_ + q + 2 * stride, y2.im);
      store(tr_ + q + 3 * stride, y3.re), store(ti_ + q + 3 * stride, y3.im);
    }
  }
}

static void radix2(const double *xr, const double *xi, double *yr, double *yi, int stride) {
  for (int q = 0; q < stride; q += 2) {
    f64x2 ar = load(xr + q), ai = load(xi + q), br = load(xr + q + stride), bi = load(xi + q + stride);
    store(yr + q, add(ar, br)), store(yi + q, add(ai, bi));
    store(yr + q + stride, sub(ar, br)), store(yi + q + stride, sub(ai, bi));
  }
}

/* Sizes 1, 2 and 4, where there are no neighbours to work on. */
static void tiny(double *re, double *im, int n) {
  if (n == 1) return;
  if (n == 2) {
    double ar = re[0], ai = im[0];
    re[0] = ar + re[1], im[0] = ai + im[1];
    re[1] = ar - re[1], im[1] = ai - im[1];
    return;
  }
  double sr = re[0] + re[2], si = im[0] + im[2], tr = re[0] - re[2], ti = im[0] - im[2];
  double ur = re[1] + re[3], ui = im[1] + im[3], vr = re[1] - re[3], vi = im[1] - im[3];
  re[0] = sr + ur, im[0] = si + ui;
  re[1] = tr + vi, im[1] = ti - vr;
  re[2] = sr - ur, im[2] = si - ui;
  re[3] = tr - vi, im[3] = ti + vr;
}

/*
 * Forward transform of n = 2^k points by Stockham's method. Returns 1 when the result is in the other pair of arrays,
 * which are `other` doubles further on.
 */
int EXPORT(stockham)(double *re, double *im, long other, const double *factors, int n) {
  if (n <= 4) {
    tiny(re, im, n);
    return 0;
  }
  double *xr = re, *xi = im, *yr = re + other, *yi = im + other;
  int is_swapped = 0;
  for (int stride = 1; n >= 2; stride *= 4, n /= 4) {
    if (n == 2) radix2(xr, xi, yr, yi, stride);
    else if (stride == 1) first_stage(xr, xi, yr, yi, factors, n);
    else next_stage(xr, xi, yr, yi, factors, n, stride);
    factors += 6 * (n / 4);
    double *r = xr, *i = xi;
    xr = yr, xi = yi, yr = r, yi = i;
    is_swapped = !is_swapped;
  }
  return is_swapped;
}

/* Interleaved complex values to parts, and back with a division. */
void EXPORT(split)(const double *from, double *re, double *im, int n) {
  int k = 0;
  for (; k + 2 <= n; k += 2) {
    f64x2 a = load(from + 2 * k), b = load(from + 2 * k + 2);
    store(re + k, wasm_i64x2_shuffle(a, b, 0, 2));
    store(im + k, wasm_i64x2_shuffle(a, b, 1, 3));
  }
  for (; k < n; k++) re[k] = from[2 * k], im[k] = from[2 * k + 1];
}

void EXPORT(join)(const double *re, const double *im, double *to, int n, double divisor) {
  f64x2 d = splat(divisor);
  int k = 0;
  for (; k + 2 <= n; k += 2) {
    f64x2 a = divide(load(re + k), d), b = divide(load(im + k), d);
    store(to + 2 * k, wasm_i64x2_shuffle(a, b, 0, 2));
    store(to + 2 * k + 2, wasm_i64x2_shuffle(a, b, 1, 3));
  }
  for (; k < n; k++) to[2 * k] = re[k] / divisor, to[2 * k + 1] = im[k] / divisor;
}

/* The product of n complex values; the result may lie over a factor. */
void EXPORT(multiply)(const double *ar, const double *ai, const double *br, const double *bi, double *re, double *im,
                      int n) {
  int k = 0;
  for (; k + 2 <= n; k += 2) {
    complexes product = times((complexes){load(ar + k), load(ai + k)}, load(br + k), load(bi + k));
    store(re + k, product.re), store(im + k, product.im);
  }
  for (; k < n; k++) {
    double r = ar[k] * br[k] - ai[k] * bi[k];
    im[k] = ar[k] * bi[k] + ai[k] * br[k];
    re[k] = r;
  }
}

void EXPORT(scale_down)(double *values, int n, double divisor) {
  for (int k = 0; k < n; k++) values[k] /= divisor;
}

#define REVERSED(at) wasm_i64x2_shuffle(load(at), ZERO, 1, 0)

/* The spectrum of 2 `half` real values from the transform of their pairs. */
void EXPORT(real_spectrum)(const double *re, const double *im, const double *wr, const double *wi, double *to, int half) {
  const f64x2 h = splat(0.5);
  to[0] = re[0] + im[0], to[1] = 0;
  int k = 1;
  for (; k + 2 <= half; k += 2) {
    f64x2 ar = load(re + k), ai = load(im + k), br = REVERSED(re + half - k - 1), bi = REVERSED(im + half - k - 1);
    f64x2 er = mul(h, add(ar, br)), ei = mul(h, sub(ai, bi));
    complexes odd = times((complexes){mul(h, add(ai, bi)), mul(h, sub(br, ar))}, load(wr + k), load(wi + k));
    f64x2 xr = add(er, odd.re), xi = add(ei, odd.im);
    store(to + 2 * k, wasm_i64x2_shuffle(xr, xi, 0, 2));
    store(to + 2 * k + 2, wasm_i64x2_shuffle(xr, xi, 1, 3));
  }
  for (; k < half; k++) {
    double er = 0.5 * (re[k] + re[half - k]), ei = 0.5 * (im[k] - im[half - k]);
    double or = 0.5 * (im[k] + im[half - k]), oi = 0.5 * (re[half - k] - re[k]);
    to[2 * k] = er + (or * wr[k] - oi * wi[k]);
    to[2 * k + 1] = ei + (or * wi[k] + oi * wr[k]);
  }
  to[2 * half] = re[0] - im[0], to[2 * half + 1] = 0;
}

/* The other way round. */
void EXPORT(real_pairs)(const double *from, const double *wr, const double *wi, double *re, double *im, int half) {
  for (int k = 0; k < half; k++) {
    double ar = from[2 * k], ai = k ? from[2 * k + 1] : 0;
    double br = from[2 * (half - k)], bi = k ? from[2 * (half - k) + 1] : 0;
    double er = 0.5 * (ar + br), ei = 0.5 * (ai - bi), tr = 0.5 * (ar - br), ti = 0.5 * (ai + bi);
    double or = tr * wr[k] + ti * wi[k], oi = ti * wr[k] - tr * wi[k];
    re[k] = er - oi;
    im[k] = ei + or;
  }
}

/* |re + i im| / divisor from `start` on, round the end, to every `step`-th double of `to`. */
void EXPORT(magnitudes)(const double *re, const double *im, double *to, int n, int start, int rows, int step,
                        double divisor) {
  for (int r = 0, k = start % n; r < rows; r++, to += step) {
    *to = __builtin_sqrt(re[k] * re[k] + im[k] * im[k]) / divisor;
    if (++k == n) k = 0;
  }
}
