import { startManager } from '@nodeacq/core'
import '@nodeacq/nodes'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'

test('a Python client builds pyacq’s OverlapFiltfilt and AnalogTrigger, sets params while they run, and gets pyacq’s numbers', async () => {
  await using manager = await startManager({})
  const lines = await runPython('drive_dsp.py', [manager.address])
  expect(lines).toEqual([expect.stringMatching(/^\d+ events, as pyacq would find them$/)])
})
