import type { SimulatedHeadset } from './headsets.ts'

/** How a stream of a headset looks, and its values. */
export interface StreamModel {
  /** Hz; 0 for one that has samples only when something happens. */
  readonly rate: number
  readonly cols: readonly (string | readonly string[])[]
  /** Sample `n` since the headset was connected. */
  readonly values: (n: number, extras: SampleExtras) => unknown[]
}

export interface SampleExtras {
  readonly isInterpolated: boolean
  /** By how much the counter is ahead. */
  readonly counterOffset: number
  readonly markers: readonly object[]
}

/** Streams that need a licence: they are refused in a session that is only open. */
export const LICENSED = ['eeg']

const BANDS = ['theta', 'alpha', 'betaL', 'betaH', 'gamma']
const METRICS = ['eng', 'exc', 'lex', 'str', 'rel', 'int', 'foc']
const MENTAL = ['neutral', 'push', 'pull', 'lift']
const EYES = ['neutral', 'neutral', 'neutral', 'blink', 'neutral', 'winkL', 'neutral', 'horiEye']
const LOWER = ['neutral', 'neutral', 'smile', 'clench']

/** µV that EEG of Emotiv's headsets is raised by. */
const OFFSET = 4200

/**
 * µV of sensor `k` at sample `n`: alpha of its own frequency around 10 Hz, slow drift, a little noise; the last sensor
 * is a ramp over 1000 samples instead, by which order and gaps can be seen.
 */
function eegValue(n: number, k: number, { rate, count }: { rate: number; count: number }): number {
  if (k === count - 1) return OFFSET - 50 + (n % 1000) / 10
  const t = n / rate
  const alpha = 20 * Math.sin(2 * Math.PI * (8 + k / 4) * t)
  const drift = 10 * Math.sin(2 * Math.PI * 0.1 * t + k)
  return round(OFFSET + alpha + drift + 4 * (hash(n, k) - 0.5), 4)
}

/** The stream as this headset has it; undefined when it has none of that name. */
export function streamModel(name: string, headset: SimulatedHeadset, isActivated: boolean): StreamModel | undefined {
  const { sensors, motionSensors, settings } = headset
  const level = (n: number, k: number) => round(0.5 + 0.4 * Math.sin(n / 20 + k), 4)
  switch (name) {
    case 'eeg': {
      const rate = settings.eegRate
      return {
        rate,
        cols: ['COUNTER', 'INTERPOLATED', ...sensors, 'RAW_CQ', 'MARKER_HARDWARE', 'MARKERS'],
        values: (n, { isInterpolated, counterOffset, markers }) => [
          (n + counterOffset) % rate,
          isInterpolated ? 1 : 0,
          ...sensors.map((_, k) => eegValue(n, k, { rate, count: sensors.length })),
          0,
          markers.some((marker) => 'port' in marker && marker.port === 'USB') ? 1 : 0,
          markers
        ]
      }
    }
    case 'mot': {
      const rate = settings.memsRate
      if (rate === 0 || motionSensors.length === 0) return undefined
      return {
        rate,
        cols: ['COUNTER_MEMS', 'INTERPOLATED_MEMS', ...motionSensors],
        values: (n, { isInterpolated, counterOffset }) => [
          (n + counterOffset) % rate,
          isInterpolated ? 1 : 0,
          ...motionSensors.map((sensor, k) => motionValue(sensor, n / rate, k))
        ]
      }
    }
    case 'dev':
      return {
        rate: 2,
        cols: ['Battery', 'Signal', [...sensors, 'OVERALL'], 'BatteryPercent'],
        values: (n) => [3, 1, [...sensors.map((_, k) => (hash(n, k) < 0.05 ? 2 : 4)), 93], battery(n)]
      }
    case 'eq':
      return {
        rate: 2,
        cols: ['batteryPercent', 'overall', 'sampleRateQuality', ...sensors],
        values: (n) => [battery(n), 88, 1, ...sensors.map((_, k) => (hash(n, k) < 0.05 ? 2 : 4))]
      }
    case 'pow':
      return {
        rate: 8,
        cols: sensors.flatMap((sensor) => BANDS.map((band) => `${sensor}/${band}`)),
        values: (n) => sensors.flatMap((_, k) => BANDS.map((_band, b) => round((10 * level(n, k)) / (b + 1), 4)))
      }
    case 'met':
      return {
        rate: isActivated ? 2 : 0.1,
        cols: METRICS.flatMap((metric) => (metric === 'lex' ? [metric] : [`${metric}.isActive`, metric])),
        // Relaxation is off now and then, as it is with poor contact.
        values: (n) =>
          METRICS.flatMap((metric, k) => {
            const isActive = metric !== 'rel' || n % 4 !== 3
            return metric === 'lex' ? [level(n, k)] : [isActive, isActive ? level(n, k) : null]
          })
      }
    case 'com':
      return {
        rate: 8,
        cols: ['act', 'pow'],
        values: (n) => {
          const action = MENTAL[Math.floor(n / 16) % MENTAL.length]!
          return [action, action === 'neutral' ? 0 : level(n, 0)]
        }
      }
    case 'fac':
      return {
        rate: 32,
        cols: ['eyeAct', 'uAct', 'uPow', 'lAct', 'lPow'],
        values: (n) => {
          const eye = EYES[Math.floor(n / 16) % EYES.length]!
          const lower = LOWER[Math.floor(n / 64) % LOWER.length]!
          return [eye, 'neutral', 0, lower, lower === 'neutral' ? 0 : level(n, 1)]
        }
      }
    case 'sys':
      return { rate: 0, cols: ['event', 'msg'], values: () => [] }
    default:
      return undefined
  }
}

/** Resting on a table: gravity, the field of the earth, and no turn. */
function motionValue(sensor: string, t: number, k: number): number {
  const sway = Math.sin(2 * Math.PI * 0.2 * t + k)
  if (sensor.startsWith('GYRO')) return Math.round(8192 + 10 * sway)
  if (sensor.startsWith('Q')) return round(sensor === 'Q0' ? 0.99 : 0.05 * sway, 5)
  if (sensor.startsWith('ACC')) return round((sensor === 'ACCZ' ? 1 : 0) + 0.02 * sway, 5)
  return round(30 + 5 * sway, 3)
}

function battery(n: number): number {
  return Math.max(0, 100 - Math.floor(n / 720))
}

/** 0..1, the same for the same numbers. */
function hash(n: number, k: number): number {
  let mixed = Math.imul(n ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(k + 1, 0xc2b2_ae35)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d)
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
