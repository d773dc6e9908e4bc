import { DeviceError, MissingPackageError } from '@nodeacq/core'
import { waitFor } from 'testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MeasurementComputing } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { buildLibrary, canBuild, type StandIn } from './buildLibrary.ts'

/** Boards of the driver that stands in. */
const BOARD = { simple: 0, ports: 1, packets: 2, mixedPorts: 3 } as const

test('without the library the error says what to install', async () => {
  const node = new MeasurementComputing({ name: 'board' })
  const missing = node.configure({ library: '/nowhere/cbw64.dll' })
  await expect(missing).rejects.toThrow(MissingPackageError)
  await expect(missing).rejects.toThrow(
    "needs 'Universal Library', which is not installed; install it with: Measurement Computing's InstaCal from mccdaq.com"
  )
})

describe.skipIf(!canBuild)('with a library that stands in', () => {
  let driver: StandIn
  beforeAll(async () => {
    driver = await buildLibrary('./cbw.c')
  })
  afterAll(() => driver[Symbol.asyncDispose]())

  async function made(options: object): Promise<MeasurementComputing> {
    const node = new MeasurementComputing({ name: 'board' })
    await node.configure({ library: driver.path, ...options })
    await node.initialize()
    return node
  }

  const volts = (n: number, k: number, limit: number) => ((n % 1000) * 64 + k - 2 ** 15) * ((2 * limit) / 2 ** 16)

  test('volts and ports come through the ends of the ring, and what was written over is a gap', async () => {
    const node = await made({
      board_num: BOARD.ports,
      sample_rate: 3000,
      ai_channel_index: [3, 0],
      ai_ranges: [
        [-10, 10],
        [-1, 1]
      ],
      ai_mode: 'single-ended'
    })
    expect(driver.get('mode')).toBe(1)
    const { aichannels, dichannels } = node.outputs
    expect(aichannels!.info).toMatchObject({ dtype: 'float32', shape: [-1, 2], sampleRate: 3003, units: 'V' })
    expect(aichannels!.info.channelInfo!.map(({ name }) => name)).toEqual(['ai3', 'ai0'])
    // The port that is for itself cannot be scanned.
    expect(dichannels!.info).toMatchObject({ dtype: 'uint8', shape: [-1, 3], streamType: 'digitalsignal' })
    expect([driver.get('range', 0), driver.get('range', 1), driver.get('low')]).toEqual([1, 4, 3])
    expect([driver.get('function'), driver.get('width'), driver.get('size')]).toEqual([6, 5, 30_000])
    const [analog, digital] = [await collect(aichannels!), await collect(dichannels!)]
    await node.start()
    await waitFor(() => aichannels!.index > 200)
    // Beyond the end of the ring, 10 s, in steps that are shorter than it.
    for (const seconds of [6, 6, 7]) {
      const from = aichannels!.index
      driver.set('ahead', seconds)
      await waitFor(() => aichannels!.index > from + seconds * 3000)
    }
    const from = aichannels!.index
    driver.set('ahead', 25)
    await waitFor(() => aichannels!.index > from + 75_100)
    await node.stop()
    expect(driver.get('running')).toBe(0)
    const { data, gaps } = await analog.done
    expect(gaps).toHaveLength(1)
    const [gap] = gaps
    expect(gap!.to - gap!.from).toBeGreaterThan(60_000)
    expect(data.length + gap!.to - gap!.from).toBe(aichannels!.index)
    const index = (row: number) => (row < gap!.from ? row : row + gap!.to - gap!.from)
    const ports = (await digital.done).data
    expect(ports.length).toBe(data.length)
    const wrong = Array.from({ length: data.length }, (_, row) => row).filter(
      (row) =>
        Math.abs((data.get(row, 0) as number) - volts(index(row), 0, 10)) > 1e-4 ||
        Math.abs((data.get(row, 1) as number) - volts(index(row), 1, 1)) > 1e-5 ||
        ports.get(row, 2) !== index(row) % 256
    )
    expect(wrong).toEqual([])
    expect(node.status().counters).toEqual({ overruns: 1 })
    await node.close()
  })

  test('a simple board scans neighbours with one range, in whole packets, without ports', async () => {
    const node = await made({ boardNum: BOARD.packets, sampleRate: 1000, aiChannelIndex: [2, 3, 4], aiRanges: [-5, 5] })
    expect(Object.keys(node.outputs)).toEqual(['aichannels'])
    expect([driver.get('function'), driver.get('low'), driver.get('width')]).toEqual([1, 2, 3])
    // 10 s, less what is no whole packet of 64.
    expect(driver.get('size')).toBe(10_000 - (10_000 % 64))
    const { done } = await collect(node.output)
    await node.start()
    await waitFor(() => node.output.index > 100)
    await node.stop()
    const { data } = await done
    expect(data.get(50, 2)).toBeCloseTo(volts(50, 2, 5), 4)
    const all = await made({ boardNum: BOARD.simple })
    expect(all.output.info.shape).toEqual([-1, 8])
    expect(driver.get('size')).toBe(10_000 - (10_000 % 31))
    for (const each of [node, all]) await each.close()
  })

  test('what a board cannot do is told, all at once', async () => {
    const refused = made({
      boardNum: BOARD.simple,
      aiChannelIndex: [0, 2],
      aiRanges: [
        [-5, 5],
        [-1, 1]
      ]
    })
    await expect(refused).rejects.toThrow(
      /'aiChannelIndex': USB-1608FS scans neighbouring channels only, got 0, 2; 'aiRanges': USB-1608FS has one range/
    )
    await expect(made({ boardNum: BOARD.ports, aiRanges: [0, 5] })).rejects.toThrow('expected ±10, ±5, ±1 or ±0.1 V')
    await expect(made({ boardNum: BOARD.ports, aiRanges: [[-5, 5]] })).rejects.toThrow('expected 16 ranges, got 1')
    await expect(made({ boardNum: BOARD.mixedPorts })).rejects.toThrow('8 bits each or 16 bits each, got 12')
    await expect(made({ boardNum: 9 })).rejects.toThrow(
      'Universal Library: name of board 9: Board number is not valid.'
    )
  })

  test('an overrun of the board is a gap by the clock; a board that is gone is an error', async () => {
    const node = await made({ boardNum: BOARD.simple, sampleRate: 1000 })
    const { done } = await collect(node.output)
    await node.start()
    await waitFor(() => node.output.index > 100)
    driver.set('fail', 29)
    await waitFor(() => node.status().counters['overruns'] === 1)
    const from = node.output.index
    await waitFor(() => node.output.index > from + 100)
    driver.set('gone', 1)
    const error = await node.finished()
    driver.set('gone', 0)
    expect(error).toBeInstanceOf(DeviceError)
    expect(error!.message).toBe('Universal Library: scan of board 0: Dead board (1001)')
    const { data, gaps } = await done
    const missing = gaps.reduce((sum, { from: start, to }) => sum + to - start, 0)
    expect(gaps.length).toBeLessThanOrEqual(1)
    expect(data.length + missing).toBe(node.output.index)
    await node.close()
  })
})
