import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ZarrReader } from '../../src/files/zarr/ZarrReader.ts'
import { openSampleFile } from '../../src/index.ts'

const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url))

test('an NWB file of another writer: segments with starting times, one with time stamps, and events', async () => {
  await using file = await openSampleFile(fixture('nwb/two_segments.nwb'))
  expect(file).toMatchObject({
    format: 'NWB 2.7.0',
    startTime: '2024-03-02T10:20:30.125000',
    startUtc: BigInt(Date.UTC(2024, 2, 2, 10, 20, 30, 125)) * 1_000_000n,
    warnings: [],
    details: { lab: 'nodeacq', subject: { subject_id: '001', age: 'P30Y' } }
  })
  expect(
    file.streams.map(({ name, sampleRate, sampleCount, offset }) => [name, sampleRate, sampleCount, offset])
  ).toEqual([
    ['amp_0', 100, 300, 0],
    ['amp_1', 100, 300, 4.5],
    ['amp_timestamps', 100, 600, 0]
  ])
  const [first, , stamped] = file.streams
  expect(first!.channelInfo.map(({ unit, gain }) => [unit, gain])).toEqual([
    ['V', 1e-7],
    ['V', 1e-7]
  ])
  expect(stamped!.gaps).toEqual([{ from: 300, to: 450, row: 300, cause: 'unknown' }])
  const digital = await stamped!.read(0, 600, 'digital')
  expect(digital.slice(0, 300).equals(await first!.read(0, 300, 'digital'))).toBe(true)
  expect((await file.events()).map(({ label }) => label)).toEqual(['stim', 'resp'])
})

test('a Zarr array of another writer', async () => {
  const data = await ZarrReader.open(fixture('zarr/amp.zarr/amp/data'))
  expect(data).toMatchObject({ shape: [250, 2], attributes: { scale: 0.1, unit: 'uV' } })
  expect((await data.read(98, 102)).toNested()).toEqual([98, 99, 100, 101].map((k) => [k, -k]))
  expect((await data.read(249, 250)).toNested()).toEqual([[249, -249]])
  const segments = await ZarrReader.open(fixture('zarr/amp.zarr/amp/segments'))
  expect(await segments.integers()).toEqual([0, 0, 120, 120, 170, 130])
})
