import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { convertRecording } from '@nodeacq/nodes'
import { OutputStream } from '@nodeacq/stream'
import { startProcess, tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordTestSession } from './recordTestSession.ts'

test('h5py reads a recording that was converted to HDF5', async () => {
  await using folder = await tempFolder()
  const file = await recordTestSession(folder.path)
  const path = join(folder.path, 'session.h5')
  await convertRecording(file, path, { to: 'hdf5', set: { compression: 4 } })
  const [line] = await runPython('read_hdf5.py', [path])
  expect(JSON.parse(line!)).toMatchObject({
    layout: 1,
    streams: {
      raw: {
        dtype: 'int16',
        stored: 'int16',
        rate: 500,
        rows: 950,
        kept: 950,
        right: true,
        segments: [
          [0, 0, 600],
          [600, 650, 350]
        ],
        channels: ['C3', 'C4', 'Pz'],
        gains: [0.5, 0.5, 0.5],
        gaps: [[600, 650, 'device']],
        events: [[250, 50, 7, 'Stimulus/S  7']]
      },
      slow: { dtype: 'float32', rows: 200, gaps: [], head: [[36]] }
    }
  })
}, 60_000)

const program = new URL('../../packages/nodes/proofs/programs/recordLog.ts', import.meta.url)

interface Found {
  readonly streams: { readonly raw: { readonly rows: number; readonly right: boolean; readonly segments: unknown } }
}

async function readRaw(path: string): Promise<Found['streams']['raw']> {
  const [line] = await runPython('read_hdf5.py', [path])
  return (JSON.parse(line!) as Found).streams.raw
}

test('h5py reads what an Hdf5Recorder has synced, while it records and after it was killed', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'live.h5')
  await using raw = new OutputStream({ dtype: 'int16', shape: [-1, 3], sampleRate: 1000 })
  await raw.configure()
  raw.startRun()
  const options = JSON.stringify({ file, sync: 0.05 })
  await using recorder = await startProcess(program, [options, JSON.stringify({ raw: raw.params }), 'Hdf5Recorder'])
  await recorder.line('recording', { timeout: 60_000 })
  const acknowledged = (): number => raw.status().acknowledged['disk.raw']?.index ?? 0
  let at = 0
  const send = async (samples: number): Promise<void> => {
    const rows = Array.from({ length: samples }, (_, k) => [at + k, -(at + k), (at + k) % 7])
    at += samples
    await raw.send(NdArray.from(rows, 'int16'), at)
  }
  for (let k = 0; k < 20; k++) await send(100)
  await waitFor(() => acknowledged() === 2000)
  expect(await readRaw(file)).toMatchObject({ rows: 2000, right: true, segments: [[0, 0, 2000]] })
  for (let k = 0; k < 50; k++) await send(77)
  await waitFor(() => acknowledged() > 2000)
  recorder.kill('SIGKILL')
  await recorder.exited
  const left = await readRaw(file)
  expect(left.right).toBe(true)
  expect(left.rows).toBeGreaterThanOrEqual(acknowledged())
}, 60_000)
