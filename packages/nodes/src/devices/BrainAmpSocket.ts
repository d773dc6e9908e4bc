import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { z } from 'zod'
import { BackOff } from './BackOff.ts'
import { RdaConnection } from './brainamp/RdaConnection.ts'
import { RdaError, RdaFormatError } from './brainamp/RdaError.ts'
import type { RdaMessage, RdaStart } from './brainamp/rdaMessages.ts'
import { RdaSignal } from './brainamp/RdaSignal.ts'
import { TRIGGER_DTYPE } from './brainamp/rdaTriggers.ts'

const config = z.object({
  host: z
    .string()
    .default('localhost')
    .describe('where BrainVision Recorder runs; default this machine')
    .meta({ pyacq: 'brainamp_host' }),
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(51_244)
    .describe('51244 (default) for data as float32, 51234 for int16')
    .meta({ pyacq: 'brainamp_port' }),
  units: z
    .enum(['physical', 'digital'])
    .default('digital')
    .describe("'digital' (default): the numbers that come, as pyacq gives them; 'physical': µV"),
  timeout: z
    .number()
    .positive()
    .default(5000)
    .describe('ms without an answer, or without data, after which it connects again; default 5000')
})

type Config = z.infer<typeof config>

/**
 * A BrainAmp or another amplifier of Brain Products, through the remote data access of BrainVision Recorder.
 *
 * Output `signals`: `(samples, channels)` float32, one chunk for each block; µV = gain of the channel × value, or with
 * units `physical` µV. Output `triggers`: pyacq's dtype, `pos` counts samples of `signals`. Blocks that the recorder has
 * dropped are declared as gaps. When the connection ends the node connects again, and what was missed is a gap too.
 *
 * Deliberate differences to pyacq's node: data as int16 are read too, a recorder that stops may start again, the index of
 * `triggers` counts them, and no chunks of no triggers are sent.
 */
export class BrainAmpSocket extends Node<Config> {
  static override readonly description = 'Amplifiers of Brain Products, through BrainVision Recorder (RDA).'
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    signals: { streamType: 'analogsignal', dtype: 'float32' },
    triggers: { streamType: 'event', dtype: TRIGGER_DTYPE, shape: [-1], eventsOf: 'signals' }
  } as const
  #start: RdaStart | undefined
  #signal: RdaSignal | undefined
  #counts = { reconnects: 0, badPackets: 0 }

  protected override async _configure(options: Config): Promise<void> {
    const start = await this.#readStart(options)
    this.#start = start
    const { names, resolutions } = start
    const isDigital = options.units === 'digital'
    const sampleRate = rateOf(start)
    await describeOutput(this.outputs['signals']!, {
      shape: [-1, names.length],
      sampleRate,
      channelCount: names.length,
      units: isDigital ? '' : 'uV',
      channelInfo: names.map((name, k) => ({ name, unit: 'uV', ...(isDigital && { gain: resolutions[k] }) }))
    })
    await describeOutput(this.outputs['triggers']!, { sampleRate })
  }

  async #readStart(options: Config): Promise<RdaStart> {
    try {
      using connection = await RdaConnection.open(options)
      const messages = connection.messages()
      for (;;) {
        const { value } = await messages.next()
        if (value.kind === 'start') return value
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const hint = 'does BrainVision Recorder monitor or record there, with remote data access on?'
      throw new DeviceError(`${this._subject}: no answer from ${placeOf(options)}: ${reason}; ${hint}`, { cause })
    }
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const start = this.#start!
    const { signals, triggers } = this.outputs as Required<typeof this.outputs>
    const gains = this.config.units === 'physical' ? { gains: start.resolutions } : {}
    const channels = start.names.length
    const rda = new RdaSignal({ signals: signals!, triggers: triggers!, sampleRate: rateOf(start), channels, ...gains })
    this.#signal = rda
    this.#counts = { reconnects: 0, badPackets: 0 }
    const backOff = new BackOff()
    let isDown = false
    while (!signal.aborted) {
      try {
        using connection = await RdaConnection.open({ ...this.config, signal })
        for await (const message of connection.messages()) {
          await this.#take(message, rda)
          if (!rda.isFlowing) continue
          if (isDown) this.log.info(`${this._subject}: data come again`)
          isDown = false
          backOff.reset()
        }
      } catch (error) {
        if (!(error instanceof RdaError)) throw error
        if (signal.aborted) return
        if (error instanceof RdaFormatError) this.#counts.badPackets += 1
        const at = placeOf(this.config)
        if (!isDown) this.log.warning(`${this._subject}: no data from ${at}, trying again: ${error.message}`)
        isDown = true
      }
      rda.beginAnew()
      this.#counts.reconnects += 1
      await backOff.wait(signal)
    }
  }

  async #take(message: RdaMessage, rda: RdaSignal): Promise<void> {
    switch (message.kind) {
      case 'data':
        await rda.take(message)
        return
      case 'stop':
        this.log.info(`${this._subject}: the recorder has stopped; waiting for it to start`)
        return
      case 'start':
        requireSame(this._subject, this.#start!, message)
        rda.beginAnew()
        return
      case 'other':
    }
  }

  /**
   * `lostBlocks`: blocks that the recorder dropped; `duplicates`: blocks that came twice; `restarts`: times that it counted
   * anew; `reconnects`: attempts to connect again; `badPackets`: connections given up for bytes that are no message.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#signal?.counts, ...this.#counts }
  }
}
registerNodeType(BrainAmpSocket)

function rateOf({ samplingInterval }: RdaStart): number {
  return 1e6 / samplingInterval
}

function placeOf({ host, port }: Config): string {
  return `${host}:${port}`
}

/** @throws {DeviceError} a stream cannot change its channels while it runs. */
function requireSame(subject: string, known: RdaStart, now: RdaStart): void {
  const isSame =
    known.samplingInterval === now.samplingInterval &&
    known.names.join('\0') === now.names.join('\0') &&
    known.resolutions.join() === now.resolutions.join()
  if (isSame) return
  const describe = (start: RdaStart) => `${start.names.length} channels at ${rateOf(start)} Hz`
  throw new DeviceError(
    `${subject}: the recorder's settings changed from ${describe(known)} to ${describe(now)}; configure the node again`
  )
}
