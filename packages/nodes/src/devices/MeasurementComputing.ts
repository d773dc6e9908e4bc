import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { readBoard, type Board } from './mcc/board.ts'
import { ScanRing, type Piece } from './mcc/ScanRing.ts'
import { AI_MODES, RANGES, UL, UniversalLibrary, UniversalLibraryError, type Scan } from './mcc/UniversalLibrary.ts'

const range = z.tuple([z.number(), z.number()])

const config = z.object({
  boardNum: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('number of the board in InstaCal')
    .meta({ pyacq: 'board_num' }),
  sampleRate: z.number().positive().default(1000).describe('Hz of each channel').meta({ pyacq: 'sample_rate' }),
  aiChannelIndex: z
    .array(z.number().int().nonnegative())
    .min(1)
    .nullish()
    .describe('analogue channels; default all of the board')
    .meta({ pyacq: 'ai_channel_index' }),
  aiRanges: z
    .union([range, z.array(range)])
    .default([-5, 5])
    .describe('[min, max] in V, for all channels or one for each: ±10, ±5, ±1 or ±0.1')
    .meta({ pyacq: 'ai_ranges' }),
  aiMode: z
    .enum(['differential', 'single-ended', 'grounded'])
    .nullish()
    .describe('how inputs are wired, for boards that can choose')
    .meta({ pyacq: 'ai_mode' }),
  library: z.string().nullish().describe("path of the Universal Library; default the system's")
})

type Config = z.infer<typeof config>

interface Setup {
  readonly library: UniversalLibrary
  readonly board: Board
  readonly channels: readonly number[]
  readonly scan: Scan
  /** Points of a scan: analogue ones, then ports. */
  readonly width: number
  readonly gains: Float32Array
  readonly ring: Uint16Array
}

/** s that the ring holds. */
const RING_TIME = 10
/** ms between looks at the board. */
const LOOK = 10
/** ms without a sample after which the board is given up. */
const PATIENCE = 5000
/** Counts of the converter, and the one that is 0 V where the range has both signs. */
const COUNTS = 2 ** 16
const MIDDLE = 2 ** 15

/** Rings of scans that could not be stopped: the driver may still write to them. */
const unstopped = new Set<Uint16Array>()

/**
 * Boards of Measurement Computing, through their Universal Library.
 *
 * Outputs: `aichannels`, `(samples, channels)` float32 in V; `dichannels`, `(samples, ports)` uint8 or uint16, the lines of
 * each port as bits, only where the board can scan ports. Samples that were written over before they were read, or that
 * the board lost, are a gap.
 *
 * Ported from pyacq/devices/measurementcomputing.py, except: lost samples are found, and a board that stops is an error.
 */
export class MeasurementComputing extends Node<Config> {
  static override readonly description = 'Boards of Measurement Computing: analogue inputs and digital ports.'
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    aichannels: { streamType: 'analogsignal', dtype: 'float32', units: 'V' },
    dichannels: { streamType: 'digitalsignal' }
  }
  #setup: Setup | undefined
  #counts = { overruns: 0 }

  protected override async _configure(options: Config): Promise<void> {
    const { boardNum, sampleRate, aiMode } = options
    const library = await UniversalLibrary.open(this._subject, options.library ?? undefined)
    const board = readBoard(library, boardNum, this._subject)
    const channels = options.aiChannelIndex ?? Array.from({ length: board.aiChannels }, (_, k) => k)
    const ranges = rangesOf(options.aiRanges, channels.length)
    const problems = problemsOf(board, channels, ranges)
    if (problems.length > 0) throw new ConfigError(this._subject, problems)
    if (aiMode) library.setInputMode(boardNum, AI_MODES[aiMode])
    const width = channels.length + board.ports.length
    const whole = Math.floor(RING_TIME * sampleRate)
    const ring = new Uint16Array(Math.max(1, whole - (whole % board.packetSize)) * width)
    const gains = Float32Array.from(ranges, ([min, max]) => (max - min) / COUNTS)
    const scan = scanOf(board, channels, ranges)
    this.#setup = { library, board, channels, scan, width, gains, ring }
    // The board tells its real rate when it is started.
    const rate = await library.start(boardNum, scan, { ring, rate: sampleRate })
    await library.stop(boardNum, scan)
    await this.#describe(rate)
  }

  async #describe(sampleRate: number): Promise<void> {
    const { board, channels } = this.#setup!
    const { ports } = board
    await describeOutput(this.outputs['aichannels']!, {
      shape: [-1, channels.length],
      sampleRate,
      channelCount: channels.length,
      channelInfo: channels.map((channel) => ({ name: `ai${channel}`, unit: 'V' }))
    })
    if (ports.length === 0) {
      await this.outputs['dichannels']?.close()
      delete this.outputs['dichannels']
      return
    }
    const lines = ports.reduce((sum, { bits }) => sum + bits, 0)
    if (!('dichannels' in this.outputs)) this.addOutput('dichannels', MeasurementComputing.outputSpecs.dichannels)
    await describeOutput(this.outputs['dichannels']!, {
      dtype: ports[0]!.bits === 8 ? 'uint8' : 'uint16',
      shape: [-1, ports.length],
      sampleRate,
      channelInfo: Array.from({ length: lines }, (_, k) => ({ name: `di${k}` }))
    })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#counts = { overruns: 0 }
    const { library, scan } = this.#setup!
    const { boardNum } = this.config
    let index = 0
    try {
      while (!signal.aborted) {
        await this.#start()
        const ended = await this.#follow(index, signal)
        if (signal.aborted) break
        this.#counts.overruns += 1
        this.log.warning(`${this._subject}: samples are lost: ${ended.reason}`)
        const { sampleRate } = this.outputs['aichannels']!.info
        index = ended.index + Math.round(((performance.now() - ended.time) / 1000) * sampleRate)
        await library.stop(boardNum, scan).catch(() => {})
      }
    } finally {
      await library.stop(boardNum, scan).catch((error: unknown) => {
        // A board that is gone cannot be stopped either: what ended the run says more.
        this.log.debug(`${this._subject}: ${String(error)}`)
        unstopped.add(this.#setup!.ring)
      })
    }
  }

  async #start(): Promise<void> {
    const { library, scan, ring } = this.#setup!
    const { boardNum, sampleRate } = this.config
    await library.start(boardNum, scan, { ring, rate: sampleRate })
  }

  /**
   * Sends what the board writes, until the run or the scan ends.
   * @returns where the scan ended, and ms when it was last seen
   */
  async #follow(from: number, signal: AbortSignal): Promise<{ index: number; time: number; reason: string }> {
    const { library, scan, ring, width } = this.#setup!
    const { boardNum } = this.config
    const place = new ScanRing(ring.length / width, width)
    let index = from
    let time = performance.now()
    while (!signal.aborted) {
      try {
        const { point, count } = library.look(boardNum, scan)
        const { pieces, lost } = place.advance(point, count)
        if (lost > 0) this.#counts.overruns += 1
        index += lost
        for (const piece of pieces) {
          index += piece.to - piece.from
          await this.#send(piece, index)
        }
        if (lost > 0 || pieces.length > 0) time = performance.now()
      } catch (error) {
        if (!(error instanceof UniversalLibraryError) || !error.isOverrun) throw error
        return { index, time, reason: error.message }
      }
      if (performance.now() - time > PATIENCE) {
        throw new DeviceError(`${this._subject}: no samples for ${PATIENCE / 1000} s; is the board connected?`)
      }
      await sleep(LOOK, undefined, { signal }).catch(() => {})
    }
    return { index, time, reason: '' }
  }

  async #send({ from, to }: Piece, index: number): Promise<void> {
    const { ring, width, gains, board } = this.#setup!
    const channels = gains.length
    const count = to - from
    const volts = new Float32Array(count * channels)
    for (let n = 0, at = 0, point = from * width; n < count; n++, point += width) {
      for (let k = 0; k < channels; k++) volts[at++] = (ring[point + k]! - MIDDLE) * gains[k]!
    }
    // Every range that a board takes here has both signs.
    await this.outputs['aichannels']!.send(NdArray.fromTyped(volts, [count, channels]), index, { handOver: true })
    const ports = board.ports.length
    if (ports === 0) return
    const Lines = board.ports[0]!.bits === 8 ? Uint8Array : Uint16Array
    const lines = new Lines(count * ports)
    for (let n = 0, at = 0, point = from * width + channels; n < count; n++, point += width) {
      for (let k = 0; k < ports; k++) lines[at++] = ring[point + k]!
    }
    await this.outputs['dichannels']!.send(NdArray.fromTyped(lines, [count, ports]), index, { handOver: true })
  }

  /** `overruns`: how often samples were written over before they were read, or lost by the board. */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(MeasurementComputing)

type Range = readonly [min: number, max: number]

function rangesOf(given: Config['aiRanges'], channels: number): readonly Range[] {
  const [first] = given
  return typeof first === 'number'
    ? Array.from({ length: channels }, () => given as Range)
    : (given as readonly Range[])
}

function codeOf([min, max]: Range): number | undefined {
  return RANGES.find(([limit]) => min === -limit && max === limit)?.[1]
}

function problemsOf(board: Board, channels: readonly number[], ranges: readonly Range[]): string[] {
  const problems: string[] = []
  const strange = ranges.filter((each) => codeOf(each) === undefined)
  if (ranges.length !== channels.length) {
    problems.push(`'aiRanges': expected ${channels.length} ranges, got ${ranges.length}`)
  }
  if (strange.length > 0) {
    problems.push(`'aiRanges': expected ±10, ±5, ±1 or ±0.1 V, got ${JSON.stringify(strange)}`)
  }
  if (!board.isSimple) return problems
  if (channels.some((channel, k) => k > 0 && channel !== channels[k - 1]! + 1)) {
    problems.push(`'aiChannelIndex': ${board.name} scans neighbouring channels only, got ${channels.join(', ')}`)
  }
  if (ranges.some((each) => codeOf(each) !== codeOf(ranges[0]!))) {
    problems.push(`'aiRanges': ${board.name} has one range for all channels`)
  }
  return problems
}

function scanOf(board: Board, channels: readonly number[], ranges: readonly Range[]): Scan {
  const codes = ranges.map((each) => codeOf(each)!)
  if (board.isSimple) {
    return { kind: 'analog', low: channels[0]!, high: channels.at(-1)!, range: codes[0]! }
  }
  const { ports } = board
  const portType = ports[0]?.bits === 8 ? UL.digital8 : UL.digital16
  return {
    kind: 'mixed',
    channels: Int16Array.from([...channels, ...ports.map(({ type }) => type)]),
    types: Int16Array.from([...channels.map(() => UL.analog), ...ports.map(() => portType)]),
    ranges: Int16Array.from([...codes, ...ports.map(() => 0)])
  }
}
