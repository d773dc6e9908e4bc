import { DeviceError, MissingPackageError } from '@nodeacq/core'
import { waitFor } from 'testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NIDAQmx } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { buildLibrary, canBuild, type StandIn } from './buildLibrary.ts'

test('without the driver the error says what to install', async () => {
  const node = new NIDAQmx({ name: 'daq' })
  const missing = node.configure({ sampleRate: 1000, aiChannels: ['Dev1/ai0'], library: '/nowhere/libnidaqmx.so' })
  await expect(missing).rejects.toThrow(MissingPackageError)
  await expect(missing).rejects.toThrow(
    "NIDAQmx 'daq' needs 'NI-DAQmx', which is not installed; install it with: National Instruments' installer"
  )
})

describe.skipIf(!canBuild)('with a driver that stands in', () => {
  let driver: StandIn
  beforeAll(async () => {
    driver = await buildLibrary('./nidaqmx.c')
  })
  afterAll(() => driver[Symbol.asyncDispose]())

  const channels = ['Dev1/ai0', 'Dev1/ai1']

  async function made(options: object): Promise<NIDAQmx> {
    const node = new NIDAQmx({ name: 'daq' })
    await node.configure({ sampleRate: 3000, chunkSize: 50, aiChannels: channels, library: driver.path, ...options })
    await node.initialize()
    return node
  }

  test('raw samples with their scale, at the rate of the device, and a gap where the driver lost some', async () => {
    const node = await made({ airanges: { 'Dev1/ai0': [-10, 10] }, aimodes: { 'Dev1/ai0': 'diff' } })
    const { output } = node
    expect(output.info).toMatchObject({
      dtype: 'int16',
      shape: [50, 2],
      scale: [20 / 65536, 10 / 65536],
      channelInfo: [
        { name: 'Dev1/ai0', unit: 'V' },
        { name: 'Dev1/ai1', unit: 'V' }
      ]
    })
    expect(output.info.sampleRate).toBeCloseTo(100_000 / 33, 6)
    // DIFF, and NRSE for what is not named, as pyacq does.
    expect([driver.get('terminal', 0), driver.get('terminal', 1)]).toEqual([10_106, 10_078])
    expect([driver.get('low', 1), driver.get('high', 0)]).toEqual([-5, 10])
    const { done } = await collect(output)
    await node.start()
    await waitFor(() => output.index >= 500)
    driver.set('fail', -200_279)
    await waitFor(() => node.status().counters['overruns'] === 1)
    const from = output.index
    await waitFor(() => output.index >= from + 500)
    await node.stop()
    const { data, gaps, indexes } = await done
    expect(gaps).toHaveLength(1)
    expect(gaps[0]).toMatchObject({ declared: true, cause: 'device' })
    const missing = gaps[0]!.to - gaps[0]!.from
    expect(data.length + missing).toBe(indexes.at(-1))
    const rows = data.toNested() as number[][]
    const before = gaps[0]!.from
    expect(rows.slice(0, before)).toEqual(rows.slice(0, before).map((_, n) => [(n % 1000) - 500, (n % 1000) + 500]))
    // The driver counts from 0 again.
    expect(rows[before]).toEqual([-500, 500])
    await node.close()
    expect(driver.get('tasks')).toBe(0)
  })

  test.each([
    ['float32_volt', 'float32'],
    ['float64_volt', 'float64']
  ])('%s gives V as %s; a second run begins at 0', async (magnitudeMode, dtype) => {
    const node = await made({ magnitudeMode, airanges: [-10, 10] })
    expect(node.output.info).toMatchObject({ dtype, units: 'V', scale: null })
    for (let run = 0; run < 2; run++) {
      const { done } = await collect(node.output)
      await node.start()
      await waitFor(() => node.output.index >= 200)
      await node.stop()
      const { data, gaps } = await done
      expect(gaps).toEqual([])
      expect(data.get(30, 0)).toBeCloseTo(((30 - 500) * 20) / 65536, 6)
      expect(data.get(199, 1)).toBeCloseTo(((199 + 500) * 20) / 65536, 6)
    }
    await node.close()
  })

  test('what the driver refuses, and a device that gives nothing or is gone, are errors that tell why', async () => {
    await expect(made({ aiChannels: ['Dev9/ai0'] })).rejects.toThrow(
      'NI-DAQmx: channel Dev9/ai0: Device identifier is invalid. Device: Dev9 (-200220)'
    )
    await expect(made({ sampleRate: 2e6 })).rejects.toThrow('sample clock: Requested value is not a supported value')
    const node = await made({ sampleRate: 10_000 })
    driver.set('silent', 1)
    await node.start()
    const error = await node.finished()
    driver.set('silent', 0)
    expect(error).toBeInstanceOf(DeviceError)
    expect(error!.message).toBe("NIDAQmx 'daq': no samples for 1 s; is the device connected?")
    await node.close()
    const other = await made({})
    await other.start()
    await waitFor(() => other.output.index > 0)
    driver.set('gone', 1)
    expect((await other.finished())?.message).toBe('NI-DAQmx: read: The device is no longer there. (-50405)')
    driver.set('gone', 0)
    await other.close()
    expect(driver.get('tasks')).toBe(0)
  })

  test('a signal is played once at a time, beside the acquisition', async () => {
    const node = await made({ aochannels: ['Dev1/ao0', 'Dev1/ao1'] })
    await node.start()
    const signal = [Array.from({ length: 600 }, (_, k) => k / 100), Array.from({ length: 600 }, () => -2)]
    expect(await node.playAo(['Dev1/ao0', 'Dev1/ao1'], signal)).toBe(true)
    expect([driver.get('wave', 0), driver.get('wave', 1)]).toEqual([0, -2])
    expect(await node.playAo(['Dev1/ao0', 'Dev1/ao1'], signal)).toBe(false)
    await waitFor(() => !node.isPlaying)
    expect(await node.playAo(['Dev1/ao0'], [[1, 2]])).toBe(true)
    await expect(
      node.playAo(
        ['Dev1/ao7'],
        [
          [1, 11],
          [2, 2]
        ]
      )
    ).rejects.toThrow(
      /'channels': expected some of Dev1\/ao0, Dev1\/ao1, got Dev1\/ao7; 'values': expected shape \(1, samples\), got \(2, 2\); 'values': expected -10 to 10 V/
    )
    await node.stop()
    await node.close()
    expect(driver.get('tasks')).toBe(0)
  })

  test('a node that only plays acquires nothing', async () => {
    const node = await made({ aiChannels: [] })
    await node.start()
    expect(await node.playAo(['Dev1/ao0'], [[1, 2, 3]])).toBe(true)
    await waitFor(() => !node.isPlaying)
    expect(node.outputs).toEqual({})
    await node.stop()
    await node.close()
    expect(driver.get('tasks')).toBe(0)
  })
})
