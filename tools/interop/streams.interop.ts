import { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream } from '@nodeacq/stream'
import { expect, test } from 'vitest'
import { startPython, tell } from './python.ts'

/** A ramp over all elements in C order, as `send_stream.py` makes it. */
function ramp(from: number, samples: number, tail: readonly number[], dtype: string): NdArray {
  const perSample = tail.reduce((product, length) => product * length, 1)
  const values = Float64Array.from({ length: samples * perSample }, (_, i) => from * perSample + i)
  return NdArray.fromTyped(values, [samples, ...tail]).astype(dtype)
}

interface SourceCase {
  readonly name: string
  readonly params: Record<string, unknown>
  readonly order?: Record<string, unknown>
}

const SOURCES: readonly SourceCase[] = [
  { name: 'float32, one channel', params: { dtype: 'float32', shape: [-1, 1], sample_rate: 1000 } },
  { name: 'int16, 8 channels', params: { dtype: 'int16', shape: [-1, 8] } },
  { name: 'big-endian', params: { dtype: '>i4', shape: [-1, 3] } },
  { name: 'three axes', params: { dtype: 'uint8', shape: [-1, 4, 3] } },
  { name: 'channel-major memory', params: { dtype: 'float64', shape: [-1, 4] }, order: { transposed: true } },
  { name: 'blosc-lz4', params: { dtype: 'float32', shape: [-1, 4], compression: 'blosc-lz4' } },
  { name: 'blosc-blosclz', params: { dtype: 'int16', shape: [-1, 4], compression: 'blosc-blosclz' } },
  { name: 'sharedmem', params: { dtype: 'float32', shape: [-1, 2], transfermode: 'sharedmem', buffer_size: 1000 } },
  {
    name: 'sharedmem, doubled, channel-major',
    params: {
      dtype: 'int16',
      shape: [-1, 3],
      transfermode: 'sharedmem',
      buffer_size: 500,
      double: true,
      axisorder: [1, 0]
    }
  }
]

for (const { name, params, order = {} } of SOURCES) {
  test(`we receive what a pyacq source sends: ${name}`, async () => {
    await using python = await startPython('send_stream.py')
    tell(python, params)
    const wire = JSON.parse(await python.line('protocol')) as Record<string, unknown>
    await using input = new InputStream()
    await input.connect(wire)
    // A PUB says nothing of its subscribers: the first chunks may pass before our subscription is in place, so the
    // source is asked again until something comes.
    let next = 0
    for (let tries = 0; next === 0; tries++) {
      if (tries > 200) throw new Error('no chunk from the source')
      tell(python, { size: 10, ...order })
      if (await input.poll(50)) {
        const { index } = await input.recv({ returnData: true })
        next = index
        while (await input.poll(20)) next = (await input.recv({ returnData: true })).index
      }
    }
    tell(python, { chunks: 20, size: 10, ...order })
    const tail = (params['shape'] as number[]).slice(1)
    for (let chunk = 0; chunk < 20; chunk++) {
      const { index, data } = await input.recv({ returnData: true, timeout: 10_000 })
      expect(index).toBe(next + 10)
      expect(data!.toNested()).toEqual(ramp(next, 10, tail, params['dtype'] as string).toNested())
      next = index
    }
    // It removes its shared memory when it ends by itself.
    python.input.end()
    await python.exited
  })
}

const RECEIVERS = [
  { dtype: 'float32', tail: [16] },
  { dtype: 'int16', tail: [3] },
  { dtype: 'float64', tail: [2, 2] },
  { dtype: 'int32', tail: [4], compression: 'blosc-lz4' },
  { dtype: 'float32', tail: [4], compression: 'blosc-blosclz' },
  { dtype: 'float32', tail: [2], transferMode: 'sharedmem', bufferSize: 1000 },
  { dtype: 'int16', tail: [3], transferMode: 'sharedmem', bufferSize: 300, double: true, axisOrder: [1, 0] }
] as const

for (const { dtype, tail, ...options } of RECEIVERS) {
  test(`a pyacq receiver gets what we send: ${dtype} ${JSON.stringify({ tail, ...options })}`, async () => {
    await using output = new OutputStream({ dtype, shape: [-1, ...tail], sampleRate: 500, ...options } as never)
    await output.configure()
    output.startRun()
    await using python = await startPython('receive_stream.py')
    tell(python, output.params)
    await python.line('ready')
    // The receiver's subscription arrives some time after `ready`; chunks of the first half may be lost to it.
    const sends = 400
    tell(python, { chunks: 100, timeout: 20_000 })
    for (let i = 0; i < sends; i++) {
      await output.send(ramp(i * 5, 5, tail, dtype))
      if (i < 300) await new Promise((resolve) => setTimeout(resolve, 2))
      if (python.lines.length > 100) break
    }
    await python.line(/"index".*/)
    const reports = python.lines.slice(1).map((line) => JSON.parse(line) as Record<string, number>)
    expect(reports.length).toBeGreaterThan(0)
    for (const report of reports) {
      const expected = ramp(report['index']! - 5, 5, tail, dtype)
        .astype('float64')
        .typed() as Float64Array
      expect(report).toMatchObject({
        shape: [5, ...tail],
        dtype,
        first: expected[0],
        last: expected.at(-1),
        sum: expected.reduce((sum, value) => sum + value, 0)
      })
    }
  })
}
