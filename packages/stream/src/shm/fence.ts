const barrier = new Int32Array(new SharedArrayBuffer(4))

/**
 * Beside an access by `Atomics`: what this thread reads and writes before comes before what it does after. On x64 such
 * an access does that by itself; elsewhere it orders one direction only.
 */
export const fence: () => void = process.arch === 'x64' ? () => undefined : () => void Atomics.add(barrier, 0, 1)
