import { designSos } from '../../dsp/design/designFilter.ts'
import type { SosKernel } from '../../dsp/kernels/Engine.ts'
import { getEngine } from '../../dsp/kernels/engines.ts'
import { parseSosCoefficients } from '../../dsp/sosCoefficients.ts'
import type { CustomSignal } from './customSignals.ts'
import type { TiaMetaInfo, TiaSignalInfo } from './metaInfo.ts'
import type { TiaBlock } from './TiaPacket.ts'

/** Part of the lower rate's Nyquist frequency that is let through; libtia's. */
const EDGE = 0.75
const ORDER = 8

interface Decimation {
  readonly lowpass: SosKernel
  readonly factor: number
  /** Samples until the next one that is kept. */
  skip: number
}

/**
 * What one connection gets after SetCustomSignalInfo: the channels that were chosen, and one sample of `factor`, behind a
 * low-pass. As with libtia a signal is left out of a packet for which no sample of it is due.
 */
export class CustomView {
  /** What the connection is told from now on: lower rates, but the sizes of the blocks as they were, as libtia does. */
  readonly meta: TiaMetaInfo
  readonly #wanted: ReadonlyMap<number, CustomSignal>
  readonly #decimations = new Map<number, Decimation>()

  constructor(wanted: readonly CustomSignal[], offered: TiaMetaInfo) {
    this.#wanted = new Map(wanted.map((signal) => [signal.bit, signal]))
    const signals = offered.signals.filter(({ bit }) => this.#wanted.has(bit)).map((signal) => this.#infoOf(signal))
    const master = signals.reduce((best, one) => (packetRate(one) > packetRate(best) ? one : best))
    this.meta = { ...offered, master: { sampleRate: master.sampleRate, blockSize: master.blockSize }, signals }
    for (const { bit, factor, channels } of wanted) {
      if (factor === 1) continue
      const edge = EDGE / factor
      const design = designSos({ type: 'butter', order: ORDER, band: 'lowpass', frequencies: edge }, 2)
      const options = { channelCount: channels.length, layout: 'channels' } as const
      const lowpass = getEngine().sos(parseSosCoefficients(design), options)
      this.#decimations.set(bit, { lowpass, factor, skip: 0 })
    }
  }

  #infoOf(signal: TiaSignalInfo): TiaSignalInfo {
    const { factor, channels } = this.#wanted.get(signal.bit)!
    return {
      ...signal,
      sampleRate: signal.sampleRate / factor,
      channels: channels.map((channel) => signal.channels[channel]!)
    }
  }

  /** The blocks of one packet for this connection; none when nothing of it is due. */
  apply(blocks: readonly TiaBlock[]): TiaBlock[] {
    return blocks.flatMap((block) => {
      const wanted = this.#wanted.get(block.bit)
      if (wanted === undefined) return []
      const chosen = wanted.channels.length === block.channels ? block : chooseChannels(block, wanted.channels)
      const decimation = this.#decimations.get(block.bit)
      return decimation === undefined ? [chosen] : decimate(chosen, decimation)
    })
  }

  /** Blocks that nobody gets: the samples that go on being kept are the same. */
  pass(blocks: readonly TiaBlock[]): void {
    for (const { bit, blockSize } of blocks) {
      const decimation = this.#decimations.get(bit)
      if (decimation !== undefined) advance(decimation, blockSize)
    }
  }
}

function packetRate({ sampleRate, blockSize }: TiaSignalInfo): number {
  return sampleRate / blockSize
}

function chooseChannels(block: TiaBlock, channels: readonly number[]): TiaBlock {
  const { bit, blockSize, data } = block
  const chosen = new Float32Array(channels.length * blockSize)
  for (const [k, channel] of channels.entries())
    chosen.set(data.subarray(channel * blockSize, (channel + 1) * blockSize), k * blockSize)
  return { bit, channels: channels.length, blockSize, data: chosen }
}

function decimate({ bit, channels, blockSize, data }: TiaBlock, decimation: Decimation): TiaBlock[] {
  const { lowpass, factor } = decimation
  const filtered = new Float32Array(data.length)
  lowpass.process(data, filtered)
  const first = decimation.skip
  const count = first < blockSize ? Math.ceil((blockSize - first) / factor) : 0
  advance(decimation, blockSize)
  if (count === 0) return []
  const kept = new Float32Array(channels * count)
  for (let channel = 0; channel < channels; channel++) {
    for (let k = 0; k < count; k++) kept[channel * count + k] = filtered[channel * blockSize + first + k * factor]!
  }
  return [{ bit, channels, blockSize: count, data: kept }]
}

function advance(decimation: Decimation, samples: number): void {
  const { factor, skip } = decimation
  decimation.skip = (((skip - samples) % factor) + factor) % factor
}
