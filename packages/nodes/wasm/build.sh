#!/bin/sh
# Builds the WebAssembly of the signal kernels. Needs clang and wasm-ld 14 or later; tests and users do not.
# usage: build.sh [OUTPUT]
set -e
cd "$(dirname "$0")"
clang --target=wasm32 -std=c11 -O3 -msimd128 -mbulk-memory -ffreestanding -ffp-contract=off -nostdlib -Wall -Werror \
  -Wl,--no-entry -Wl,--strip-all -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -Wl,--initial-memory=131072 \
  -o "${1:-../src/dsp/kernels/wasm/kernels.wasm}" block.c sos.c polyphase.c mix.c fft.c
