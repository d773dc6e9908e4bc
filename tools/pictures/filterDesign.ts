import { designFilter, groupDelay, sosfreqz, type RatedDesign } from '@nodeacq/nodes'
import type { Axis, Picture } from '../bench/picture.ts'

const sampleRate = 1000
const base = { order: 4, band: 'lowpass', frequencies: 40, sampleRate } as const
const designs: readonly RatedDesign[] = [
  { ...base, type: 'butter' },
  { ...base, type: 'cheby1', ripple: 1 },
  { ...base, type: 'cheby2', attenuation: 40 },
  { ...base, type: 'ellip', ripple: 1, attenuation: 40 },
  { ...base, type: 'bessel', norm: 'mag' }
]
const LOWEST = -80
const hertz: Axis = { label: 'Hz', scale: 'log', ticks: [5, 10, 20, 40, 100, 200].map((value) => [value, `${value}`]) }
const at = Array.from({ length: 300 }, (_, k) => 5 * 40 ** (k / 299))

export const gains: Picture = {
  file: 'filter-gain',
  title: 'Low-pass of order 4 at 40 Hz: gain',
  x: hertz,
  y: { label: 'dB', scale: 'linear', ticks: [0, -20, -40, -60, LOWEST].map((value) => [value, `${value}`]) },
  curves: designs.map((design) => {
    const { decibels } = sosfreqz(designFilter(design), { sampleRate, at })
    return { name: design.type, points: at.map((frequency, k) => [frequency, Math.max(decibels[k]!, LOWEST)]) }
  })
}

export const delays: Picture = {
  file: 'filter-delay',
  title: 'Low-pass of order 4 at 40 Hz: group delay',
  x: hertz,
  y: { label: 'ms', scale: 'linear', ticks: [0, 10, 20, 30, 40].map((value) => [value, `${value}`]) },
  curves: designs.map((design) => {
    const delay = groupDelay(designFilter(design), { sampleRate, at })
    return { name: design.type, points: at.map((frequency, k) => [frequency, (1000 * delay[k]!) / sampleRate]) }
  })
}
