import type { OutputOptions } from '@nodeacq/stream'

/** Whether the tests of a file are played over a shared ring this time; see proofs.sharedMem.test.ts. */
export const isShared: boolean = process.env['NODEACQ_TEST_TRANSPORT'] === 'sharedmem'

/** What carries the chunks in this play. @param samples that the ring holds */
export function transport(samples = 200_000): OutputOptions {
  return isShared ? { transferMode: 'sharedmem', bufferSize: samples } : {}
}

if (isShared) {
  process.stderr.write('tests of windows and retention are skipped: over a shared ring there is neither\n')
}
