#!/bin/sh
# Builds the WebAssembly of the signal kernels. Needs clang and wasm-ld 14 or later; tests and users need neither.
# usage: build.sh [OUTPUT]     without OUTPUT it replaces the committed module and writes down what it was made from
set -e
cd "$(dirname "$0")"
committed=../src/dsp/kernels/wasm/kernels.wasm
clang --target=wasm32 -std=c11 -O3 -msimd128 -mbulk-memory -ffreestanding -ffp-contract=off -nostdlib -Wall -Werror \
  -Wl,--no-entry -Wl,--strip-all -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -Wl,--initial-memory=131072 \
  -o "${1:-$committed}" block.c sos.c fir.c mix.c fft.c
[ -n "$1" ] && exit
chmod 644 $committed
{
  clang --version | head -1
  cat lanes.h block.c sos.c fir.c mix.c fft.c build.sh | sha256sum | cut -d' ' -f1
  sha256sum <$committed | cut -d' ' -f1
} >built.txt
