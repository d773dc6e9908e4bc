import { getEngine, morletSpectra, parseSosCoefficients } from '@nodeacq/nodes'
import { compare, complexMagnitudes, type Work } from './dsp/compare.ts'
import { measureEvents, SPIKES, TRIGGER } from './dsp/events.ts'
import { measureNode, nodeCases } from './dsp/node.ts'
import { realtimeRows } from './dsp/realtime.ts'
import { ScipyPeer } from './dsp/ScipyPeer.ts'
import { testSections, testSignal } from './dsp/signal.ts'
import type { Row } from './rows.ts'
import type { BenchContext, Measured, Suite } from './suite.ts'

const RATE = 30_000
const CHUNKS = [
  { label: '1 ms', rows: 30 },
  { label: '20 ms', rows: 600 },
  { label: '1 s', rows: 30_000 }
] as const

const sosCase = (label: string) => `SosFilter 64 ch × 8 sections, ${label} chunks`
const sizeCase = (size: number) => `real FFT of ${size.toLocaleString('en-US')} points`
const REALTIME = '384 ch × 30 kHz int16, 4 sections, 1 ms chunks'

export const dspSuite: Suite = {
  name: 'dsp',
  parts: [
    {
      name: 'sos',
      title: 'Second-order sections',
      about:
        'The kernel of SosFilter: 64 channels of float32 at 30 kHz through 8 sections, state kept from chunk to chunk, as `scipy.signal.sosfilt(…, zi=…)` with its cast back to float32 does it. One thread each; the first results must agree.',
      seconds: { full: 40, quick: 5 },
      targets: [
        { case: sosCase('1 ms'), metric: 'time', peer: 'scipy', of: 'ratio', atLeast: 2 },
        { case: sosCase('20 ms'), metric: 'time', peer: 'scipy', of: 'ratio', atLeast: 2 },
        { case: sosCase('1 s'), metric: 'time', peer: 'scipy', of: 'ratio', atLeast: 1 }
      ],
      run: (context) => measure(CHUNKS.map(sosWork), context)
    },
    {
      name: 'realtime',
      title: 'A probe of 384 channels',
      about:
        'A band-pass of 4 sections over 384 channels of int16 at 30 kHz in chunks of 1 ms: the share of one core that it takes, and what it allocates on the heap of JavaScript per chunk, which is what makes pauses.',
      seconds: { full: 5, quick: 1 },
      targets: [
        { case: REALTIME, metric: 'share of a core', of: 'value', atMost: 100 },
        { case: REALTIME, metric: 'allocated per chunk', of: 'value', atMost: 16 }
      ],
      run: measureRealtime
    },
    {
      name: 'events',
      title: 'Triggers and spikes',
      about:
        'The kernels of AnalogTrigger, which looks at one channel, and of SpikeDetector, which looks at all and keeps their noise, in chunks of 1 ms that bring no event.',
      seconds: { full: 5, quick: 1 },
      targets: [
        { case: TRIGGER, metric: 'share of a core', of: 'value', atMost: 1 },
        { case: TRIGGER, metric: 'allocated per chunk', of: 'value', atMost: 16 },
        { case: SPIKES, metric: 'share of a core', of: 'value', atMost: 100 }
      ],
      run: measureEvents
    },
    {
      name: 'node',
      title: 'A node around the kernel',
      about:
        'A SosFilter of 8 sections between an output and an input of one process, 64 channels of float32 at 30 kHz. What the node adds to a chunk is the time of the chunk through it, less that from the output straight to the input, less that of the kernel. Chunks go by reference, so that each needs memory of its own, which whoever receives it may keep; the kernel alone writes into the same memory each time. The heap of JavaScript holds what the streams and the promises of a chunk leave behind; samples are not on it.',
      seconds: { full: 15, quick: 3 },
      targets: nodeCases.map((name) => ({ case: name, metric: 'added by the node', of: 'value', atMost: 20 })),
      run: measureNode
    },
    {
      name: 'filtfilt',
      title: 'Zero phase, chunk by chunk',
      about:
        'The two filters of OverlapFiltfilt: forward over a chunk of 1024 rows, backward over it and an overlap of 512; 64 channels of float32, 4 sections.',
      seconds: { full: 15, quick: 2 },
      run: (context) => measure([filtfiltWork()], context)
    },
    {
      name: 'fir',
      title: 'Decimation',
      about:
        'From 30 kHz to 1 kHz with an FIR filter of 301 taps, 64 channels of float32 in chunks of 20 ms. Beside it `scipy.signal.upfirdn`, which keeps no state and also computes what comes after the chunk: 30 rows instead of 20.',
      seconds: { full: 15, quick: 2 },
      run: (context) => measure([decimateWork()], context)
    },
    {
      name: 'fft',
      title: 'Fourier transforms',
      about: 'Real signals of float64 to their spectra, beside `scipy.fft.rfft` (pocketfft).',
      seconds: { full: 60, quick: 8 },
      run: (context) => measure([1024, 4096, 16_384, 65_536].map(fftWork), context)
    },
    {
      name: 'timefreq',
      title: 'Time–frequency maps',
      about:
        'Morlet maps as TimeFreq computes them: 60 frequencies over 4096 points, for 64 channels one after the other, beside the same steps in scipy.',
      seconds: { full: 30, quick: 5 },
      run: (context) => measure([morletWork()], context)
    }
  ]
}

async function measure(works: readonly Work[], context: BenchContext): Promise<Measured> {
  await using scipy = await ScipyPeer.start()
  const rows: Row[] = []
  for (const work of works) rows.push(...(await compare(work, scipy, context)))
  return { rows }
}

function sosWork({ label, rows }: (typeof CHUNKS)[number]): Work {
  const sos = testSections(8)
  return {
    case: sosCase(label),
    order: { work: 'sosfilt', sos, channels: 64, rows, dtype: 'float32' },
    ours: (engine) => {
      const kernel = getEngine(engine).sos(parseSosCoefficients(sos), { channelCount: 64 })
      const input = testSignal(64 * rows, 'float32')
      const output = new Float32Array(input.length)
      return { run: () => kernel.process(input, output), output }
    }
  }
}

function measureRealtime({ quick, step }: BenchContext): Promise<Measured> {
  step(REALTIME)
  const rows = RATE / 1000
  const kernel = getEngine('wasm').sos(parseSosCoefficients(testSections(4)), { channelCount: 384 })
  const input = testSignal(384 * rows, 'int16')
  const output = new Int16Array(input.length)
  const run = () => void kernel.process(input, output)
  return Promise.resolve({ rows: realtimeRows(REALTIME, run, { quick }) })
}

function filtfiltWork(): Work {
  const sos = testSections(4)
  const [channels, rows, overlap] = [64, 1024, 512]
  return {
    case: 'OverlapFiltfilt 64 ch × 4 sections, 1024 rows and 512 of overlap',
    order: { work: 'filtfilt', sos, channels, rows, overlap, dtype: 'float32' },
    ours: (engine) => {
      const table = parseSosCoefficients(sos)
      const forward = getEngine(engine).sos(table, { channelCount: channels })
      const backward = getEngine(engine).sos(table, { channelCount: channels, direction: 'backward' })
      const input = testSignal(channels * rows, 'float32')
      const ring = new Float32Array(channels * (rows + overlap))
      const newest = ring.subarray(channels * overlap)
      const back = new Float32Array(ring.length)
      const output = back.subarray(0, channels * rows)
      const run = () => {
        ring.copyWithin(0, channels * rows)
        forward.process(input, newest)
        backward.reset()
        backward.process(ring, back)
      }
      return { run, output }
    }
  }
}

function decimateWork(): Work {
  const [channels, rows, down] = [64, 600, 30]
  const taps = Array.from({ length: 301 }, (_, k) => Math.exp(-(((k - 150) / 60) ** 2)) / 106)
  return {
    case: '64 ch, 30 kHz to 1 kHz, 301 taps, 20 ms chunks',
    order: { work: 'upfirdn', taps, channels, rows, down, dtype: 'float32' },
    ours: (engine) => {
      const kernel = getEngine(engine).resample(taps, { channelCount: channels, down })
      const input = testSignal(channels * rows, 'float32')
      const output = new Float32Array((channels * rows) / down)
      return { run: () => kernel.process(input, output), output }
    }
  }
}

function fftWork(size: number): Work {
  return {
    case: sizeCase(size),
    order: { work: 'rfft', size, dtype: 'float64' },
    ours: (engine) => {
      const kernel = getEngine(engine).rfft(size)
      const input = testSignal(size, 'float64')
      const output = new Float64Array(2 * kernel.binCount)
      return { run: () => kernel.forward(input, output), output, sum: complexMagnitudes }
    }
  }
}

function morletWork(): Work {
  const [size, rows, rate, channels] = [4096, 4000, 400, 64]
  const frequencies = Array.from({ length: 60 }, (_, k) => 3 + 1.5 * k)
  return {
    case: 'Morlet map of one of 64 ch, 60 frequencies × 4096 points',
    order: { work: 'morlet', size, rows, rate, frequencies, f0: 2.5 },
    ours: (engine) => {
      const one = getEngine(engine)
      const spectra = morletSpectra(one.fft(size), { sampleRate: rate, frequencies, f0: 2.5 })
      const kernel = one.wavelets(size, spectra)
      const segments = Array.from({ length: channels }, () => testSignal(size, 'float32'))
      const output = new Float32Array(rows * frequencies.length)
      let channel = 0
      return { run: () => kernel.process(segments[channel++ % channels]!, output), output }
    }
  }
}
