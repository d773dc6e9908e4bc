/*
 * Blocks: float64, two channels side by side in the lanes of a register, row after row, pair of channels after pair.
 * Channels of an odd number are filled up with one that is zero.
 *
 *   pair 0: [row 0: c0 c1] [row 1: c0 c1] …    pair 1: [row 0: c2 c3] …      pair_step = doubles from pair to pair
 *
 * Every lane computes what the TypeScript of ../src/dsp/kernels/js does, in the same order: no fused multiply-add, no
 * sums in another order. The bits are therefore the same.
 */
#ifndef LANES_H
#define LANES_H
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) name
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("unroll")

typedef v128_t f64x2;

#define add wasm_f64x2_add
#define sub wasm_f64x2_sub
#define mul wasm_f64x2_mul
#define divide wasm_f64x2_div
#define load wasm_v128_load
#define store wasm_v128_store
#define splat wasm_f64x2_splat
#define load_splat wasm_v128_load64_splat
#define ZERO wasm_i64x2_const(0, 0)

/* x - x is 0 for what is finite and NaN for the rest. */
INLINE f64x2 not_finite(f64x2 x) { return wasm_f64x2_ne(sub(x, x), ZERO); }

#endif
