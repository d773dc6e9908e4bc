import { BandPower, Spectrum, TimeFreq } from '@nodeacq/nodes'
import type { NdArray } from '@nodeacq/ndarray'
import type { Panels } from '../drawPanels.ts'
import { runNode } from './runNode.ts'
import { DURATION, HOLE, linesOf, RATE, testSignal } from './testSignal.ts'

const SECONDS = 0.5
/** Windows of `SECONDS` begin so many samples apart. */
const HOP = 10

/** Spectra, powers of bands and wavelets of the test signal over time. */
export async function spectrumPicture(): Promise<Panels> {
  const signals = testSignal()
  const { spectrum } = await runNode(
    new Spectrum({ name: 'spectrum' }),
    { config: { duration: SECONDS, overlap: 0.92, scaling: 'spectrum' } },
    { signals }
  )
  const columns: (ArrayLike<number> | undefined)[] = []
  for (const { index, data } of spectrum!) {
    for (let k = 0; k < data.length; k++) columns[index - data.length + k] = roots(data.slice(k, k + 1))
  }
  const bands = { delta: [1, 5], alpha: [8, 13] }
  const { power } = await runNode(
    new BandPower({ name: 'power' }),
    { config: { bands, duration: SECONDS, overlap: 0.92 } },
    { signals }
  )
  const powers = (channel: number, colour: number) =>
    linesOf(power!, { channel, rate: RATE / HOP }, colour).map(({ points }) => ({
      colour,
      points: points.map(([t, value]) => [t + SECONDS / 2, value] as const)
    }))
  const { timefreq } = await runNode(
    new TimeFreq({ name: 'map' }),
    { config: { workers: 1 }, params: { xsize: DURATION, fStart: 2, fStop: 60, deltaFreq: 1, refreshInterval: 5 } },
    { signals }
  )
  const map = timefreq!.at(-1)!
  const [, width, height] = map.data.shape as [number, number, number]
  const magnitudes = map.data.slice(0, 1).toContiguous().typed() as Float32Array
  return {
    file: 'dsp-spectra',
    title: 'Where the power is: in Hz, over time',
    time: { from: 0, to: DURATION, step: 0.5, label: 's' },
    holes: [HOLE],
    panels: [
      { label: 'signal, Fz (µV)', range: [-60, 60], lines: linesOf(signals.pieces) },
      {
        label: 'Spectrum (Hz)\nwindows of 0.5 s',
        range: [0, 60],
        map: { columns: Array.from(columns), from: SECONDS / 2, step: HOP / RATE, range: [0, RATE / 2] }
      },
      {
        label: 'BandPower (µV²)\n8–13 Hz (orange)\n1–5 Hz (blue)',
        range: [0, 400],
        lines: [...powers(0, 0), ...powers(1, 1)]
      },
      {
        label: 'TimeFreq (Hz)\nMorlet wavelets',
        range: [2, 60],
        map: {
          columns: Array.from({ length: width }, (_, k) => magnitudes.subarray(k * height, (k + 1) * height)),
          from: map.index / RATE - DURATION,
          step: DURATION / width,
          range: [2, 59]
        }
      }
    ]
  }
}

/** Amplitudes of the first channel. */
function roots(one: NdArray): number[] {
  const values = one.toContiguous().typed() as Float32Array
  return Array.from(values.subarray(0, one.shape[2]!), Math.sqrt)
}
