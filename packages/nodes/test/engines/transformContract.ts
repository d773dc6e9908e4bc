import { readFileSync } from 'node:fs'
import { getEngine, morletSpectra, type Engine } from '@nodeacq/nodes'
import { seededRandom } from 'testing'
import { describe, expect, test } from 'vitest'
import { distance, noise } from './signals.ts'

interface Vector {
  name: string
  derived: { len_wavelet: number; downsample_factor: number; sub_sample_rate: number; plot_length: number }
  timefreq: { f_start: number; f_stop: number; deltafreq: number; f0: number; normalisation: number }
  requested_segment: [number, number]
  signal_f32_le_base64: string
  map_f32_le_base64: string
  map_shape: [number, number]
  wavelet_fourier_first_and_last_column_re_im_c16_le_base64: [string, string]
}
const { cases } = JSON.parse(readFileSync(new URL('../fixtures/timefreq_morlet.json', import.meta.url), 'utf8')) as {
  cases: Vector[]
}
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 30, 31, 32, 64, 100, 127, 128, 250, 256, 512, 1000]

/** What transforms promise. */
export function transformContract(engine: Engine, tolerance: number): void {
  describe.each(SIZES)('fft of %i points', (size) => {
    const signal = noise(seededRandom(size), 2 * size)

    test('is the sum that defines it', () => {
      const got = new Float64Array(2 * size)
      engine.fft(size).forward(signal, got)
      expect(distance(got, slowTransform(signal))).toBeLessThanOrEqual(1e-14 + tolerance)
    })

    test('inverse brings back what forward was given, also in place', () => {
      const work = signal.slice()
      const fft = engine.fft(size)
      fft.forward(work, work)
      fft.inverse(work, work)
      expect(distance(work, signal)).toBeLessThanOrEqual(1e-14 + tolerance)
    })

    test('of real signals it is the first half of it', () => {
      const real = signal.filter((_, i) => i % 2 === 0)
      const rfft = engine.rfft(size)
      expect(rfft.binCount).toBe(Math.floor(size / 2) + 1)
      const got = new Float64Array(2 * rfft.binCount)
      rfft.forward(real, got)
      const all = slowTransform(signal.map((value, i) => (i % 2 === 0 ? value : 0)))
      expect(distance(got, all.subarray(0, got.length))).toBeLessThanOrEqual(1e-14 + tolerance)
      const back = new Float64Array(size)
      rfft.inverse(got, back)
      expect(distance(back, real)).toBeLessThanOrEqual(1e-14 + tolerance)
    })

    test('gives the numbers of the js engine', () => {
      const js = getEngine('js')
      const [got, wanted] = [engine, js].map((one) => {
        const spectrum = new Float64Array(2 * size)
        one.fft(size).forward(signal, spectrum)
        const back = new Float64Array(2 * size)
        one.fft(size).inverse(spectrum, back)
        const rfft = one.rfft(size)
        const bins = new Float64Array(2 * rfft.binCount)
        rfft.forward(
          Int16Array.from(signal.subarray(0, size), (value) => 1000 * value),
          bins
        )
        const real = new Float64Array(size)
        rfft.inverse(bins, real)
        return Float64Array.of(...spectrum, ...back, ...bins, ...real)
      })
      expect(distance(got!, wanted!)).toBeLessThanOrEqual(tolerance)
    })

    test('several signals are transformed one by one', () => {
      const three = Float64Array.of(...signal, ...signal.map((v) => 2 * v), ...signal.map((v) => -v))
      const got = new Float64Array(three.length)
      engine.fft(size).forward(three, got)
      const one = new Float64Array(2 * size)
      engine.fft(size).forward(signal, one)
      expect([...got]).toEqual([...one, ...one.map((v) => 2 * v), ...one.map((v) => -v)])
      const rfft = engine.rfft(size)
      const bins = new Float64Array(4 * rfft.binCount)
      rfft.forward(signal, bins)
      const second = new Float64Array(2 * rfft.binCount)
      rfft.forward(signal.subarray(size), second)
      expect([...bins.subarray(2 * rfft.binCount)]).toEqual([...second])
    })
  })

  test.each([4096, 32_768, 65_536])('large rfft: a sine of %i points is one line', (size) => {
    const rfft = engine.rfft(size)
    const bin = size / 8 + 1
    const sine = Float64Array.from({ length: size }, (_, i) => Math.sin((2 * Math.PI * ((bin * i) % size)) / size))
    const spectrum = new Float64Array(2 * rfft.binCount)
    rfft.forward(sine, spectrum)
    const wanted = new Float64Array(2 * rfft.binCount)
    wanted[2 * bin + 1] = -size / 2
    expect(distance(spectrum, wanted)).toBeLessThanOrEqual(1e-13 + tolerance)
  })

  test('transforms of no size, and arrays of another, are refused', () => {
    for (const size of [0, 1.5, -4, NaN, 2 ** 40]) expect(() => engine.fft(size)).toThrow(/integer from 1 to/)
    expect(() => engine.fft(4).forward(new Float64Array(7), new Float64Array(7))).toThrow(RangeError)
    expect(() => engine.rfft(4).forward(new Float64Array(4), new Float64Array(4))).toThrow(RangeError)
    const wavelets = engine.wavelets(4, [new Float64Array(8)])
    expect(() => wavelets.process(new Float64Array(3), new Float64Array(4))).toThrow(RangeError)
    expect(() => wavelets.process(new Float64Array(4), new Float64Array(5))).toThrow(RangeError)
    expect(() => wavelets.process(new Float64Array(4), new Int16Array(4))).toThrow(/floats/)
    expect(() => engine.wavelets(4, [new Float64Array(7)])).toThrow(/8 values/)
  })

  // The others are thinned out before; that is the work of the node.
  describe.each(cases.filter(({ derived }) => derived.downsample_factor === 1))('wavelets like pyacq: $name', (one) => {
    const { derived, timefreq, requested_segment, map_shape } = one
    const { f_start, f_stop, deltafreq, f0, normalisation } = timefreq
    const frequencies: number[] = []
    for (let k = 0; f_start + k * deltafreq < f_stop; k++) frequencies.push(f_start + k * deltafreq)
    const spectra = morletSpectra(engine.fft(derived.len_wavelet), {
      sampleRate: derived.sub_sample_rate,
      frequencies,
      f0,
      normalisation
    })

    test('the spectra of the wavelets agree', () => {
      for (const [i, text] of one.wavelet_fourier_first_and_last_column_re_im_c16_le_base64.entries()) {
        const wanted = new Float64Array(bytes(text))
        expect(distance(spectra.at(i === 0 ? 0 : -1)!, wanted)).toBeLessThanOrEqual(1e-13 + tolerance)
      }
    })

    test('the map agrees', () => {
      const signal = new Float32Array(bytes(one.signal_f32_le_base64)).slice(...requested_segment)
      const map = new Float32Array(map_shape[0] * map_shape[1])
      const kernel = engine.wavelets(derived.len_wavelet, spectra)
      expect(kernel.waveletCount).toBe(map_shape[1])
      kernel.process(signal, map)
      // scipy transforms a float32 signal in float32.
      expect(
        distance(Float64Array.from(map), Float64Array.from(new Float32Array(bytes(one.map_f32_le_base64))))
      ).toBeLessThanOrEqual(1e-6)
    })
  })

  test('wavelets give the numbers of the js engine, for any size', () => {
    for (const size of [16, 25, 64, 90]) {
      const [got, wanted] = [engine, getEngine('js')].map((each) => {
        const spectra = morletSpectra(each.fft(size), { sampleRate: 100, frequencies: [10, 20, 33] })
        const map = new Float64Array(3 * (size - 5))
        each.wavelets(size, spectra).process(noise(seededRandom(size), size), map)
        return map
      })
      expect(distance(got!, wanted!)).toBeLessThanOrEqual(tolerance)
    }
  })
}

function bytes(base64: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(base64, 'base64')).buffer
}

function slowTransform(signal: Float64Array): Float64Array {
  const size = signal.length / 2
  const spectrum = new Float64Array(2 * size)
  for (let k = 0; k < size; k++) {
    for (let i = 0; i < size; i++) {
      const angle = (-2 * Math.PI * ((i * k) % size)) / size
      const [re, im] = [signal[2 * i]!, signal[2 * i + 1]!]
      spectrum[2 * k]! += re * Math.cos(angle) - im * Math.sin(angle)
      spectrum[2 * k + 1]! += re * Math.sin(angle) + im * Math.cos(angle)
    }
  }
  return spectrum
}
