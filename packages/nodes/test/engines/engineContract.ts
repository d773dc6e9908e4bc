import { getEngine, parseSosCoefficients, type ChunkLayout, type Engine, type SignalKernel } from '@nodeacq/nodes'
import type { TypedArray } from '@nodeacq/ndarray'
import { seededRandom } from 'testing'
import { describe, expect, test } from 'vitest'
import { concatenate, distance, noise, randomCuts } from './signals.ts'
import { definitionContract } from './definitionContract.ts'
import { transformContract } from './transformContract.ts'
import { sosContract } from './sosContract.ts'

interface KernelCase {
  readonly name: string
  readonly channelCount: number
  readonly outputCount?: number
  /** Its output has another size than its input. */
  readonly changesSize?: boolean
  readonly create: (engine: Engine, layout?: ChunkLayout) => SignalKernel
}

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)

const SOS = parseSosCoefficients([
  [0.2, 0.3, 0.1, 1, -0.7, 0.2],
  [1, -1.6, 0.9, 1, -1.2, 0.5],
  [1, -2, 1, 1, -1.9, 0.905]
])
const TAPS = Array.from({ length: 37 }, (_, k) => Math.sin(k + 1) / (k + 2))

/** Odd and even numbers of channels, of which no register holds the last ones, and as many as two blocks of registers. */
const CASES: readonly KernelCase[] = [
  ...[1, 2, 5, 8, 19].map((channelCount) => ({
    name: `sos, ${channelCount} channels`,
    channelCount,
    create: (engine: Engine, layout?: ChunkLayout) => engine.sos(SOS, { channelCount, layout })
  })),
  {
    name: 'sos, coefficients per channel',
    channelCount: 3,
    create: (engine, layout) => engine.sos(perChannel(3), { channelCount: 3, layout })
  },
  {
    name: 'sos, coefficients per channel, 9 channels',
    channelCount: 9,
    create: (engine, layout) => engine.sos(perChannel(9), { channelCount: 9, layout })
  },
  {
    name: 'fir',
    channelCount: 5,
    create: (engine, layout) => engine.resample(TAPS, { channelCount: 5, layout })
  },
  {
    name: 'fir of one tap',
    channelCount: 2,
    create: (engine, layout) => engine.resample([0.5], { channelCount: 2, layout })
  },
  {
    name: 'decimator',
    channelCount: 4,
    changesSize: true,
    create: (engine, layout) => engine.resample(TAPS, { channelCount: 4, layout, down: 7 })
  },
  {
    name: 'resampler 3/2',
    channelCount: 3,
    changesSize: true,
    create: (engine, layout) => engine.resample(TAPS, { channelCount: 3, layout, up: 3, down: 2 })
  },
  {
    name: 'resampler 2/5',
    channelCount: 1,
    changesSize: true,
    create: (engine, layout) => engine.resample(TAPS, { channelCount: 1, layout, up: 2, down: 5 })
  },
  {
    name: 'matrix, more channels out',
    channelCount: 2,
    outputCount: 3,
    changesSize: true,
    create: (engine, layout) =>
      engine.matrix(
        [
          [1, 0],
          [0.5, -0.5],
          [0, 2]
        ],
        { channelCount: 2, layout }
      )
  },
  {
    name: 'matrix, common average',
    channelCount: 7,
    create: (engine, layout) => engine.matrix(commonAverage(7), { channelCount: 7, layout })
  },
  {
    name: 'matrix, common average of many',
    channelCount: 33,
    create: (engine, layout) => engine.matrix(commonAverage(33), { channelCount: 33, layout })
  },
  ...(['quadrature', 'envelope'] as const).map((output) => ({
    name: `hilbert ${output}`,
    channelCount: 9,
    create: (engine: Engine, layout?: ChunkLayout) => engine.hilbert({ channelCount: 9, layout, taps: 23, output })
  })),
  ...(['mean', 'rms', 'demean'] as const).map((statistic) => ({
    name: `sliding ${statistic}`,
    channelCount: 3,
    create: (engine: Engine, layout?: ChunkLayout) => engine.sliding({ channelCount: 3, layout, window: 13, statistic })
  }))
]

function perChannel(channels: number) {
  return parseSosCoefficients(
    Array.from({ length: channels }, (_, c) => [
      [0.2 + 0.1 * c, 0.3, 0.1, 1, -0.7, 0.05 * c],
      [1, -1.6, 0.9, 1, -1.2, 0.5]
    ])
  )
}

function commonAverage(channels: number): number[][] {
  return Array.from({ length: channels }, (_, i) =>
    Array.from({ length: channels }, (_unused, j) => (i === j ? 1 : 0) - 1 / channels)
  )
}

/**
 * What every engine promises. `webgpu`, or whatever comes next, is tested by a file of three lines.
 * @param tolerance greatest difference from the `js` engine, relative to the greatest value; 0 for the same bits
 */
export function engineContract(name: string, { tolerance = 0 }: { tolerance?: number } = {}): void {
  const engine = getEngine(name)
  describe(`engine '${engine.name}'`, () => {
    describe.each(CASES)('$name', (kernelCase) => {
      signalContract(engine, kernelCase, tolerance)
    })
    test.each(CASES.filter(({ changesSize }) => changesSize !== true))(
      '$name may write over its input, in either layout',
      ({ channelCount, create }) => {
        for (const layout of ['samples', 'channels'] as const) {
          const values = noise(seededRandom(SEED), 1500 * channelCount)
          const output = new Float64Array(values.length)
          create(engine, layout).process(values, output)
          create(engine, layout).process(values, values)
          expect(values).toEqual(output)
        }
      }
    )
    sosContract(engine, tolerance)
    definitionContract(engine)
    transformContract(engine, tolerance)
  })
}

function signalContract(engine: Engine, kernelCase: KernelCase, tolerance: number): void {
  const { channelCount, create } = kernelCase
  const outputCount = kernelCase.outputCount ?? channelCount

  /** Works on a signal in pieces, which end at the rows `cuts`. */
  function runCut<T extends TypedArray>(kernel: SignalKernel, input: T, cuts: readonly number[] = []): Float64Array {
    const results: Float64Array[] = []
    let from = 0
    for (const to of [...cuts, input.length / channelCount]) {
      const output = new Float64Array(kernel.outputRows(to - from) * outputCount)
      expect(kernel.process(input.subarray(from * channelCount, to * channelCount), output)).toBe(
        output.length / outputCount
      )
      results.push(output)
      from = to
    }
    return concatenate(results)
  }

  test('gives the numbers of the js engine', () => {
    const input = noise(seededRandom(SEED), 700 * channelCount)
    expect(distance(runCut(create(engine), input), runCut(create(getEngine('js')), input))).toBeLessThanOrEqual(
      tolerance
    )
  })

  test('the result does not depend on how the signal is cut', () => {
    const random = seededRandom(SEED)
    for (let round = 0; round < 20; round++) {
      const rows = 1 + Math.floor(random() * (round < 3 ? 3000 : 300))
      const input = noise(random, rows * channelCount)
      const cuts = randomCuts(random, rows)
      const whole = runCut(create(engine), input)
      const pieces = runCut(create(engine), input, cuts)
      expect(distance(pieces, whole), `seed ${SEED}, round ${round}, ${rows} rows cut at ${cuts.join()}`).toBe(0)
    }
  })

  test('a channel-major chunk gives the same numbers', () => {
    const rows = 301
    const input = noise(seededRandom(SEED), rows * channelCount)
    const bySample = runCut(create(engine), input)
    const kernel = create(engine, 'channels')
    const output = new Float64Array(bySample.length)
    kernel.process(transpose(input, channelCount), output)
    expect(output).toEqual(transpose(bySample, outputCount))
  })

  test.each([
    Float32Array,
    Int8Array,
    Int16Array,
    Int32Array,
    Uint8Array,
    Uint16Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array
  ] as const)('takes and gives %o', (Type) => {
    const values = noise(seededRandom(SEED), 203 * channelCount, 90)
    const isBig = Type === BigInt64Array || Type === BigUint64Array
    const typed = isBig
      ? Type.from(Array.from(values, (value) => BigInt(Math.abs(Math.trunc(value)))))
      : (Type as Float32ArrayConstructor).from(values)
    const exact = runCut(create(engine), Float64Array.from(typed as unknown as ArrayLike<number>, Number))
    const kernel = create(engine)
    const output = new Type(kernel.outputRows(203) * outputCount) as TypedArray
    kernel.process(typed as TypedArray, output)
    expect(output).toEqual(castTo(output, exact))
  })

  test('integers are held within the limits of their type', () => {
    const input = Float64Array.from({ length: 60 * channelCount }, (_, i) => (i % 2 === 0 ? 1e12 : -1e12))
    const exact = runCut(create(engine), input)
    const kernel = create(engine)
    const output = new Int16Array(exact.length)
    kernel.process(input, output)
    expect(output).toEqual(castTo(output, exact))
  })

  test('reset forgets the past', () => {
    const input = noise(seededRandom(SEED), 50 * channelCount)
    const kernel = create(engine)
    const once = runCut(kernel, input)
    kernel.reset()
    expect(runCut(kernel, input)).toEqual(once)
  })

  test('a NaN or an infinity counts as the sample before it, wherever the signal is cut', () => {
    const random = seededRandom(SEED)
    const input = noise(random, 400 * channelCount)
    const held = input.slice()
    let spoilt = 0
    for (let i = 0; i < input.length; i++) {
      if (random() > 0.05) continue
      input[i] = [NaN, Infinity, -Infinity][spoilt++ % 3]!
    }
    for (let i = 0; i < input.length; i++) {
      if (!Number.isFinite(input[i])) held[i] = i < channelCount ? 0 : held[i - channelCount]!
    }
    const clean = create(engine)
    const expected = runCut(clean, held)
    expect(clean.nonFiniteCount).toBe(0)
    const kernel = create(engine)
    expect(runCut(kernel, input, randomCuts(random, 400))).toEqual(expected)
    expect(kernel.nonFiniteCount).toBe(spoilt)
    expect(runCut(create(engine), Float32Array.from(input))).toEqual(runCut(create(engine), Float32Array.from(held)))
  })

  test('an empty chunk gives none', () => {
    expect(create(engine).process(new Float32Array(), new Float32Array())).toBe(0)
  })

  test('arrays of another size are refused', () => {
    const kernel = create(engine)
    const input = new Float32Array(10 * channelCount)
    expect(() => kernel.process(input, new Float32Array(kernel.outputRows(10) * outputCount + 1))).toThrow(RangeError)
    expect(() => create(engine).process(input, new Float32Array())).toThrow(RangeError)
  })
}

function transpose(values: Float64Array, channels: number): Float64Array {
  const rows = values.length / channels
  return Float64Array.from(values, (_, i) => values[(i % rows) * channels + Math.floor(i / rows)]!)
}

/** As numbers are written to an array of the type of `like`: cut to integers and held within their limits. */
function castTo(like: TypedArray, values: Float64Array): TypedArray {
  const Type = like.constructor as Float32ArrayConstructor
  const limits = LIMITS.get(Type)
  if (limits === undefined) return Type.from(values)
  const integers = Array.from(values, (value) => Math.trunc(Math.min(limits[1], Math.max(limits[0], value))))
  const isBig = like instanceof BigInt64Array || like instanceof BigUint64Array
  return isBig
    ? (like.constructor as BigInt64ArrayConstructor).from(integers.map((value) => BigInt(value)))
    : Type.from(integers)
}

const LIMITS: ReadonlyMap<unknown, readonly [number, number]> = new Map<unknown, readonly [number, number]>([
  [Int8Array, [-128, 127]],
  [Int16Array, [-32_768, 32_767]],
  [Int32Array, [-(2 ** 31), 2 ** 31 - 1]],
  [Uint8Array, [0, 255]],
  [Uint16Array, [0, 65_535]],
  [Uint32Array, [0, 2 ** 32 - 1]],
  [BigInt64Array, [-(2 ** 63), 2 ** 63 - 1024]],
  [BigUint64Array, [0, 2 ** 64 - 2048]]
])
