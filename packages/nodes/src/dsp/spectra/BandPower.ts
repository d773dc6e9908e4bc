import { ConfigError, registerNodeType } from '@nodeacq/core'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { FilterError } from '../../errors.ts'
import { arrayKindOf } from '../filters/arrayKind.ts'
import { channelNamesOf } from '../findChannel.ts'
import { FilterNode, type SignalFormat } from '../filters/FilterNode.ts'
import type { SignalProcess } from '../filters/SignalProcess.ts'
import { calibrationOf, spectrumFields, welchEstimate, windowRows } from './spectrumOptions.ts'
import { SpectrumProcess } from './SpectrumProcess.ts'

/** The bands of the electroencephalogram, Hz. */
const EEG_BANDS: Record<string, [number, number]> = {
  delta: [1, 4],
  theta: [4, 8],
  alpha: [8, 13],
  beta: [13, 30],
  gamma: [30, 45]
}

const config = z.object({
  bands: z
    .record(z.string(), z.tuple([z.number().min(0), z.number().positive()]))
    .default(EEG_BANDS)
    .describe('from and to in Hz, by name; the upper edge belongs to the next band'),
  power: z
    .enum(['absolute', 'relative', 'dB'])
    .default('absolute')
    .describe("'absolute': units²; 'relative': share of the power above 0 Hz; 'dB': 10 · log10 of units²"),
  ...spectrumFields,
  duration: spectrumFields.duration.default(2),
  overlap: spectrumFields.overlap.default(0.9),
  dtype: z.enum(['float32', 'float64']).default('float32').describe('of the output')
})

/**
 * Power in bands of frequencies, in sliding windows. Input `signals`: `(samples, channels)`; output `power`:
 * `(estimates, channels · bands)`, all bands of channel 0 first, named such as `Fz alpha`; so it can be filtered, recorded and shown
 * as any signal. Row m begins at sample `m · hop` of the input. An estimate that would reach across a gap is missing.
 *
 * The power of a band is the sum of Welch's density over its frequencies, times their distance: over all bands that is
 * the variance of the signal (Parseval).
 */
export class BandPower extends FilterNode<z.infer<typeof config>> {
  static override readonly description = 'Power in bands of frequencies, in sliding windows.'
  static override readonly configSchema = config
  static override readonly outputSpecs = { power: { streamType: 'analogsignal', dtype: 'float32' } }

  protected override createProcess(format: SignalFormat): SignalProcess {
    const { averages, dtype, power: kind } = this.config
    const { channels, sampleRate } = format
    const { window, hop } = windowRows(this.config, format, this._subject)
    const estimate = welchEstimate(this.config, { window, sampleRate, scaling: 'density' })
    const distance = sampleRate / window
    const bands = this.#bins(distance, sampleRate)
    return new SpectrumProcess(estimate, {
      channels,
      window,
      hop,
      averages,
      ...calibrationOf(this.input),
      Output: arrayKindOf(dtype),
      width: bands.length,
      summarize: (power, output, at) => {
        const whole = kind === 'relative' ? sumOf(power, 1, power.length) : 1
        for (const [b, [from, to]] of bands.entries()) {
          const sum = sumOf(power, from, to)
          if (kind === 'relative') output[at + b] = whole > 0 ? sum / whole : 0
          else output[at + b] = kind === 'dB' ? 10 * Math.log10(sum * distance) : sum * distance
        }
      }
    })
  }

  /** First and last bin (exclusive) of each band. */
  #bins(distance: number, sampleRate: number): (readonly [number, number])[] {
    const bands = Object.entries(this.config.bands)
    if (bands.length === 0) throw new ConfigError(this._subject, ["'bands': expected one or more, got none"])
    return bands.map(([name, [low, high]]) => {
      const option = `${this._subject}: band '${name}'`
      if (high <= low) throw new FilterError(option, 'a lower edge below the upper one', `${low} to ${high} Hz`)
      if (high > sampleRate / 2) {
        throw new FilterError(option, `edges up to ${sampleRate / 2} Hz (half the sample rate)`, `${low} to ${high} Hz`)
      }
      const from = Math.ceil(low / distance - 1e-9)
      const to = Math.ceil(high / distance - 1e-9)
      if (to > from) return [from, to] as const
      const seconds = Number((1 / (high - low)).toPrecision(3))
      throw new FilterError(
        option,
        `a 'duration' of ${seconds} s or more, to tell it from its neighbours`,
        `${1 / distance} s`
      )
    })
  }

  protected override describeSignal(format: SignalFormat): OutputOptions {
    const { bands, power, dtype } = this.config
    const { hop } = windowRows(this.config, format, this._subject)
    const names = channelNamesOf(this.input.info).flatMap((channel) =>
      Object.keys(bands).map((band) => `${channel} ${band}`)
    )
    const [unit = ''] = [this.input.info.units].flat()
    return {
      dtype,
      shape: [-1, names.length],
      channelCount: names.length,
      channelInfo: names.map((name) => ({ name })),
      sampleRate: format.sampleRate / hop,
      units: power === 'absolute' ? unit && `${unit}²` : power === 'dB' ? 'dB' : '',
      scale: null,
      offset: null
    }
  }
}
registerNodeType(BandPower)

function sumOf(values: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let k = from; k < to; k++) sum += values[k]!
  return sum
}
