import { test } from 'vitest'
import type { OutputOptions } from '@nodeacq/stream'

/** Whether the tests of a file are played over a shared ring this time; see proofs.sharedMem.test.ts. */
export const isShared: boolean = process.env['NODEACQ_TEST_TRANSPORT'] === 'sharedmem'

/** What carries the chunks in this play. @param samples that the ring holds */
export function transport(samples = 200_000): OutputOptions {
  return isShared ? { transferMode: 'sharedmem', bufferSize: samples } : {}
}

/** A test of what messages alone have: a window, a retention of their own, or nobody who reads while the link is cut. */
export const testOfMessages = isShared ? test.skip : test
if (isShared)
  process.stderr.write('tests of windows and retention are not played: over a shared ring there is neither\n')
