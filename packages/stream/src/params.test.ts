import { NdArray } from '@nodeacq/ndarray'
import { describe, expect, test } from 'vitest'
import { SpecError } from './errors.ts'
import { DEFAULTS, toWireParams, WIRE_NAMES, type OutputOptions } from './params.ts'
import { checkInputSpec, parseWireParams, resolveOutput } from './spec.ts'

const MINIMAL = {
  protocol: 'tcp',
  interface: '127.0.0.1',
  port: '41833',
  transfermode: 'plaindata',
  dtype: 'float32',
  shape: [-1, 8]
}

function resolve(spec: OutputOptions, options: OutputOptions = {}): ReturnType<typeof resolveOutput> {
  return resolveOutput(spec, options, "OutputStream 'signals' of node 'emg'")
}

describe('resolveOutput', () => {
  test('defaults, then the spec, then the arguments', () => {
    const { info, given, local } = resolve({ sampleRate: 500 }, { dtype: 'f8', bufferSize: 100 })
    expect(info).toEqual({
      ...DEFAULTS,
      sampleRate: 500,
      dtype: 'float64',
      bufferSize: 100,
      accounting: 'samples',
      flow: 'realtime'
    })
    expect([...given].sort()).toEqual(['bufferSize', 'dtype', 'sampleRate'])
    expect(local).toEqual({})
  })

  test('what the spec fixes may be said again in any spelling, and not changed', () => {
    const spec: OutputOptions = { dtype: 'float32', shape: [-1, 16], transferMode: 'sharedmem', custom: { a: [1] } }
    const again = {
      dtype: '<f4',
      shape: NdArray.from([-1, 16], 'int64'),
      transfertype: 'sharedarray',
      custom: { a: [1] }
    }
    expect(resolve(spec, again as unknown as OutputOptions).info.shape).toEqual([-1, 16])
    expect(() => resolve(spec, { shape: [-1, 8] })).toThrow(
      "OutputStream 'signals' of node 'emg': shape: expected [-1,16], which is fixed, got [-1,8]"
    )
    for (const change of [{ dtype: 'int16' }, { transferMode: 'plaindata' }, { custom: { a: [2] } }]) {
      expect(() => resolve(spec, change)).toThrow(SpecError)
    }
  })

  test('old and snake_case spellings are understood', () => {
    const { info, local } = resolve({
      transfertype: 'plaintext',
      protocol: 'inpc' as 'ipc',
      compression: 'blosclz',
      sample_rate: 30_000,
      buffer_size: 10,
      axisorder: [1, 0],
      nb_channel: 2,
      channel_info: [{ name: 'a' }, { units: 'mV' }],
      timeaxis: 0,
      events_of: 'signals',
      min_chunk_size: 4,
      streamtype: 'event',
      shape: [-1, 2]
    })
    expect(info).toMatchObject({
      transferMode: 'plaindata',
      protocol: 'ipc',
      compression: 'blosc-blosclz',
      sampleRate: 30_000
    })
    expect(info).toMatchObject({ bufferSize: 10, axisOrder: [1, 0], channelCount: 2, eventsOf: 'signals', timeaxis: 0 })
    expect(info.channelInfo).toEqual([{ name: 'a' }, { name: 'ch1', units: 'mV' }])
    expect(local).toEqual({ minChunkSize: 4 })
    expect(resolve({ shape: -1 }).info.shape).toEqual([-1])
    expect(resolve({ shape: [-1, -1, 3] }).info.shape).toEqual([-1, -1, 3])
    expect(resolve({ transferMode: 'sharedarray' }).info.transferMode).toBe('sharedmem')
  })

  test('one parameter under two names must be the same', () => {
    expect(resolve({ sampleRate: 5, sample_rate: 5 }).info.sampleRate).toBe(5)
    expect(() => resolve({ sampleRate: 5, sample_rate: 6 })).toThrow(SpecError)
  })

  test('options without a value do not count', () => {
    expect(resolve({ dtype: 'int16' }, { dtype: undefined, shape: undefined }).given).toEqual(new Set(['dtype']))
  })

  test.each([
    ['protocol', { protocol: 'udp' }, "one of 'tcp', 'ipc', 'inproc'"],
    ['transfermode', { transferMode: 'plaindat' }, "one of 'plaindata', 'sharedmem'; 'plaindata'?"],
    ['compression', { compression: 'lz4' }, "'blosc-lz4'"],
    ['dtype', { dtype: 'floaty' }, 'a dtype'],
    ['dtype', { dtype: "__import__('os')" }, 'a dtype'],
    ['dtype', { dtype: 5 }, 'a dtype'],
    ['shape', { shape: [0, 2] }, 'above 0'],
    ['shape', { shape: [-2, 2] }, 'above 0'],
    ['shape', { shape: [4, 0] }, 'above 0'],
    ['shape', { shape: [] }, 'above 0'],
    ['shape', { shape: [-1, 1.5] }, 'above 0'],
    ['shape', { shape: Array(33).fill(1) }, 'above 0'],
    ['axisorder', { shape: [-1, 2], axisOrder: [0, 0] }, 'each of the 2 axes'],
    ['axisorder', { shape: [-1, 2], axisOrder: [0] }, 'each of the 2 axes'],
    ['buffer_size', { bufferSize: -1 }, '0 or more'],
    ['sample_rate', { sampleRate: Number.NaN }, 'a rate in Hz'],
    ['sample_rate', { sampleRate: '1000' }, 'a rate in Hz'],
    ['double', { double: 'yes' }, 'true or false'],
    ['scale', { scale: 'big' }, 'a number'],
    ['fill', { fill: '0' }, 'a number or null'],
    ['port', { port: 70_000 }, 'a port number'],
    ['interface', { interface: '' }, 'the name of an interface'],
    ['channel_info', { channelInfo: ['a'] }, 'one map per channel'],
    ['timeaxis', { timeaxis: 1 }, 'axis 0 is always time'],
    ['accounting', { accounting: 'sample' }, "'samples'"],
    ['flow', { flow: 'fast' }, "'realtime'"],
    ['eventsOf', { eventsOf: 3 }, 'the name of a stream'],
    ['nodeacq', { nodeacq: [1] }, 'a map']
  ])('%s is checked: %o', (key, options, expected) => {
    const wrong = (): unknown => resolve(options as unknown as OutputOptions)
    expect(wrong).toThrow(SpecError)
    expect(wrong).toThrow(
      expect.objectContaining({ key, expected: expect.stringContaining(expected) as string }) as Error
    )
  })
})

describe('wire params', () => {
  test('have pyacq’s names in pyacq’s order, plain values, and our own under one key', () => {
    const { info } = resolve({
      dtype: [
        ['index', 'int64'],
        ['label', 'S4']
      ],
      shape: [-1],
      eventsOf: 'signals',
      gain: 2
    })
    const wire = toWireParams({ ...info, shmId: '/tmp/x' }, { side: 'tcp://127.0.0.1:9', node: 'emg' })
    expect(Object.keys(wire).slice(0, 16)).toEqual(Object.values(WIRE_NAMES).slice(0, 16))
    expect(wire).toMatchObject({
      dtype: [
        ['index', '<i8'],
        ['label', 'S4']
      ],
      shape: [-1],
      port: '*',
      shm_id: '/tmp/x',
      gain: 2
    })
    expect(wire['nodeacq']).toEqual({
      side: 'tcp://127.0.0.1:9',
      node: 'emg',
      accounting: 'samples',
      flow: 'realtime',
      eventsOf: 'signals'
    })
    expect(JSON.parse(JSON.stringify(wire))).toEqual(wire)
  })

  test('say which numbers are floats in Python, without it being seen', () => {
    const wire = toWireParams(resolve({}).info)
    const floats = (wire as Record<symbol, unknown>)[Symbol.for('nodeacq.floats')]
    expect(floats).toEqual(new Set(['sample_rate', 'scale', 'offset', 'fill']))
    expect(Object.getOwnPropertySymbols({ ...wire })).toEqual([])
  })

  test('come back as they went', () => {
    const { info } = resolve({
      channelInfo: [{ name: 'a' }],
      channelCount: 1,
      flow: 'wait',
      scale: [0.5],
      units: ['mV'],
      gain: 3
    })
    const { nodeacq, ...back } = parseWireParams(toWireParams(info, { run: 2 }))
    expect(back).toEqual(info)
    expect(nodeacq).toEqual({ accounting: 'samples', flow: 'wait', run: 2 })
    expect(parseWireParams(toWireParams(parseWireParams(toWireParams(info, { run: 2 }))))).toEqual({ ...info, nodeacq })
  })

  test('of a foreign source may be minimal, and keep keys that nobody knows', () => {
    expect(parseWireParams({ ...MINIMAL, port: 41_833, gain: 4 })).toMatchObject({
      ...DEFAULTS,
      port: '41833',
      shape: [-1, 8],
      gain: 4
    })
    for (const key of Object.keys(MINIMAL)) {
      expect(() => parseWireParams({ ...MINIMAL, [key]: undefined })).toThrow(expect.objectContaining({ key }) as Error)
      expect(() => parseWireParams({ ...MINIMAL, [key]: null })).toThrow(expect.objectContaining({ key }) as Error)
    }
    expect(
      parseWireParams({ ...MINIMAL, scale: null, sample_rate: null, channel_info: null, double: 1 })
    ).toMatchObject({
      scale: null,
      sampleRate: 1,
      double: true
    })
  })

  test.each([null, 5, 'tcp://127.0.0.1:5', [1], undefined])('%o is no map', (wire) => {
    expect(() => parseWireParams(wire)).toThrow(SpecError)
  })

  test('that lie are refused, and no key reaches a prototype', () => {
    const lies = [
      { shape: 'wide' },
      { dtype: { kind: 'f' } },
      { buffer_size: 1e300 },
      { sample_rate: -1 },
      { port: {} },
      { nodeacq: 'x' }
    ]
    for (const lie of lies) expect(() => parseWireParams({ ...MINIMAL, ...lie })).toThrow(SpecError)
    const hostile = JSON.parse(`{"__proto__": {"polluted": 1}, "constructor": 1}`) as object
    const info = parseWireParams({ ...MINIMAL, ...hostile, ...Object.fromEntries(Object.entries(hostile)) })
    expect('polluted' in info).toBe(false)
    expect(Object.getPrototypeOf(info)).toBe(Object.prototype)
  })

  test('without our key are pyacq’s, whose events and films are counted otherwise', () => {
    const accounting = (more: object): string => parseWireParams({ ...MINIMAL, ...more }).accounting
    expect(accounting({})).toBe('samples')
    expect(accounting({ shape: [256, 2] })).toBe('samples')
    expect(accounting({ streamtype: 'events', shape: [-1] })).toBe('none')
    expect(accounting({ streamtype: 'video', shape: [480, 640, 3] })).toBe('messages')
    expect(accounting({ streamtype: 'event', shape: [-1], nodeacq: {} })).toBe('samples')
    expect(accounting({ nodeacq: { accounting: 'messages' } })).toBe('messages')
  })
})

describe('checkInputSpec', () => {
  const source = parseWireParams({ ...MINIMAL, streamtype: 'signals' })
  const check = (spec: Parameters<typeof checkInputSpec>[0]): void => checkInputSpec(spec, source, "InputStream 'raw'")

  test('a source that is what the input asks for passes, and is not changed', () => {
    const before = structuredClone(source)
    for (const spec of [
      {},
      { dtype: '<f4' },
      { shape: [-1, 8] },
      { shape: [-1, -1] },
      { shape: [256, 8] },
      { streamType: 'analogsignal', protocol: 'tcp', transferMode: 'plaindata' },
      { delivery: 'complete' }
    ] as const) {
      check(spec)
    }
    expect(source).toEqual(before)
  })

  test('what differs is named, with both values', () => {
    expect(() => check({ shape: [-1, 16] })).toThrow(
      "InputStream 'raw': shape: expected [-1,16], got [-1,8] of the source"
    )
    expect(() => check({ dtype: 'int16' })).toThrow("dtype: expected 'int16', got 'float32' of the source")
    for (const spec of [
      { shape: -1 },
      { streamType: 'event' },
      { protocol: 'ipc' },
      { transferMode: 'sharedmem' }
    ] as const) {
      expect(() => check(spec)).toThrow(SpecError)
    }
    expect(() => check({ shape: [-1, 0.5] })).toThrow(SpecError)
  })
})
