import { ConfigError, ndArraySchema, registerNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { channelNamesOf } from '../findChannel.ts'
import { ChannelSorter, UNSORTED } from './ChannelSorter.ts'
import type { Spike } from './SpikeKernel.ts'
import { spikeConfig, SpikeNode, spikeOutputs, spikeParams, type MarkedSpike } from './SpikeNode.ts'
import { ALIGN_MARGIN, WaveformAligner } from './WaveformAligner.ts'

const config = z.object({
  ...spikeConfig,
  templates: ndArraySchema({ dtype: 'float64', ndim: 2 })
    .nullish()
    .describe(
      'mean waveform of each unit, (units, samples) in the units of the signal around 0, with the peak `before` from its beginning; ' +
        'default learnt from the first spikes of each channel'
    ),
  learnFrom: z.number().int().min(20).default(300).describe('spikes of a channel that its templates are learnt from'),
  units: z.number().int().positive().nullish().describe('units that a channel has; default found out while learning'),
  components: z.number().int().positive().default(3).describe('principal components that are looked at while learning')
})

const params = z.object({
  ...spikeParams,
  tolerance: z
    .number()
    .positive()
    .default(2)
    .describe('how far a waveform may be from the template of its unit, root mean square in deviations of the noise')
})

/**
 * Finds spikes and tells the units apart that they come from. Input and outputs as every `SpikeNode`, with aligned waveforms
 * whose centre is 0; the value of an event is the number of the unit on its channel: 1 for the largest, 0 for a spike that is like
 * none, as overlapping ones are, or that came while the units were being learnt.
 */
export class SpikeSorter extends SpikeNode<z.infer<typeof config>, z.infer<typeof params>> {
  static override readonly description = 'Finds spikes and sorts them into units, by templates learnt or given.'
  static override readonly configSchema = config
  static override readonly paramsSchema = params
  static override readonly outputSpecs = spikeOutputs
  protected override readonly margin = ALIGN_MARGIN
  #aligner = new WaveformAligner(0, 0)
  #sorters = new Map<number, ChannelSorter>()
  #unsorted = 0

  /** Templates of each channel, `(units, samples)` float64: what `templates` takes. Null as long as they are not known. */
  templates(): { channel: string; templates: NdArray | null }[] {
    const names = channelNamesOf(this.input.info)
    return [...this.#sorters].map(([channel, { templates }]) => ({
      channel: names[channel]!,
      templates:
        templates === undefined
          ? null
          : NdArray.from(
              templates.map((one) => [...one]),
              'float64'
            )
    }))
  }

  protected override _checkInputs(): void {
    super._checkInputs()
    const { before, after } = this._shape()
    const given = this.config.templates
    if (given == null) return
    const [units, samples] = given.shape
    if (units! < 1 || samples !== before + after) {
      const expected = `(units, ${before + after}), that is 'before' and 'after'`
      throw new ConfigError(this._subject, [`'templates': expected shape ${expected}, got (${units}, ${samples})`])
    }
  }

  protected override _begin(): void {
    const { before, after } = this._shape()
    const { learnFrom, units = null, components, templates } = this.config
    const given =
      templates == null ? undefined : (templates.toNested() as number[][]).map((row) => Float64Array.from(row))
    this.#aligner = new WaveformAligner(before, after)
    this.#unsorted = 0
    this.#sorters = new Map(
      this._channels().map((channel) => [channel, new ChannelSorter(given, learnFrom, { units, components })])
    )
  }

  protected override _mark(spike: Spike): MarkedSpike {
    const { sign, tolerance } = this.params
    const { centre, deviation } = spike.noise
    const waveform = this.#aligner.align(spike.waveform, sign).map((value) => value - centre)
    const value = this.#sorters.get(spike.channel)!.sort(waveform, tolerance * deviation)
    if (value === UNSORTED) this.#unsorted += 1
    return { ...spike, waveform, value }
  }

  protected override _counters(): Readonly<Record<string, number>> {
    return { ...super._counters(), unsorted: this.#unsorted }
  }
}
registerNodeType(SpikeSorter)
