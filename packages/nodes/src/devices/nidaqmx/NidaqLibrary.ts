import { DeviceError } from '@nodeacq/core'
import type { LibraryHandle } from 'koffi'
import { openLibrary, SlowCalls, type SlowCall } from '../native/openLibrary.ts'

/** Constants of NIDAQmx.h. */
const VAL = { volts: 10_348, rising: 10_280, continuous: 10_123, finite: 10_178, byChannel: 0, byScan: 1 } as const
const TERMINALS = { default: -1, rse: 10_083, nrse: 10_078, diff: 10_106, pseudodiff: 12_529 } as const
/** Samples were written over before they were read: in the driver's buffer, or in the memory of the device. */
const OVERRUNS: readonly number[] = [-200_279, -200_361, -200_222]
const TEXT_BYTES = 2048
/** Chunks that the driver's buffer holds: whole ones, which transfers over USB and DMA need. */
const BUFFER_CHUNKS = 10
/** s that writing waits for room. */
const WRITE_TIMEOUT = 10

export type TerminalMode = keyof typeof TERMINALS

/** An error that the driver tells. */
export class NidaqError extends DeviceError {
  override readonly name = 'NidaqError'
  override readonly code = 'NIDAQMX'
  /** Of the driver, below 0. */
  readonly status: number

  constructor(call: string, status: number, text: string) {
    super(`NI-DAQmx: ${call}: ${text || 'no text'} (${status})`)
    this.status = status
  }

  /** Samples are lost, but the device goes on. */
  get isOverrun(): boolean {
    return OVERRUNS.includes(this.status)
  }
}

export interface AnalogChannel {
  readonly name: string
  readonly mode: TerminalMode
  /** V */
  readonly range: readonly [min: number, max: number]
}

type Call = (...args: readonly unknown[]) => number

/**
 * What the nodes need of NI-DAQmx, a library of C. What waits for hardware runs on another thread; what only looks or copies
 * is called at once.
 *
 * Source: NIDAQmx.h and the NI-DAQmx C reference.
 */
export class NidaqLibrary {
  readonly #slow: Readonly<
    Record<'create' | 'addInput' | 'addOutput' | 'clock' | 'start' | 'stop' | 'clear' | 'write', SlowCall>
  >
  readonly #fast: Readonly<
    Record<'rate' | 'available' | 'acquired' | 'readI16' | 'readF64' | 'buffer' | 'isDone' | 'text', Call>
  >

  private constructor(library: LibraryHandle) {
    const slow = new SlowCalls(library)
    const fast = (declaration: string): Call => library.func(declaration) as Call
    this.#slow = {
      create: slow.define('int DAQmxCreateTask(const char *, void *)'),
      addInput: slow.define(
        'int DAQmxCreateAIVoltageChan(uintptr_t, const char *, const char *, int, double, double, int, const char *)'
      ),
      addOutput: slow.define(
        'int DAQmxCreateAOVoltageChan(uintptr_t, const char *, const char *, double, double, int, const char *)'
      ),
      clock: slow.define('int DAQmxCfgSampClkTiming(uintptr_t, const char *, double, int, int, uint64_t)'),
      start: slow.define('int DAQmxStartTask(uintptr_t)'),
      stop: slow.define('int DAQmxStopTask(uintptr_t)'),
      clear: slow.define('int DAQmxClearTask(uintptr_t)'),
      write: slow.define(
        'int DAQmxWriteAnalogF64(uintptr_t, int, uint32_t, double, uint32_t, const void *, void *, void *)'
      )
    }
    this.#fast = {
      rate: fast('int DAQmxGetSampClkRate(uintptr_t, void *)'),
      available: fast('int DAQmxGetReadAvailSampPerChan(uintptr_t, void *)'),
      acquired: fast('int DAQmxGetReadTotalSampPerChanAcquired(uintptr_t, void *)'),
      readI16: fast('int DAQmxReadBinaryI16(uintptr_t, int, double, uint32_t, void *, uint32_t, void *, void *)'),
      readF64: fast('int DAQmxReadAnalogF64(uintptr_t, int, double, uint32_t, void *, uint32_t, void *, void *)'),
      buffer: fast('int DAQmxCfgOutputBuffer(uintptr_t, uint32_t)'),
      isDone: fast('int DAQmxIsTaskDone(uintptr_t, void *)'),
      text: fast('int DAQmxGetExtendedErrorInfo(void *, uint32_t)')
    }
  }

  /** @param path default the library of the system. @throws {MissingPackageError} */
  static async open(neededFor: string, path?: string): Promise<NidaqLibrary> {
    const standard = process.platform === 'win32' ? ['nicaiu.dll'] : ['libnidaqmx.so.1', 'libnidaqmx.so']
    const library = await openLibrary({
      product: 'NI-DAQmx',
      files: path === undefined ? standard : [path],
      neededFor,
      install:
        "National Instruments' installer from ni.com (Windows and Linux on x64), or name its library in 'library'"
    })
    return new NidaqLibrary(library)
  }

  /** A task that acquires until it is stopped. @param rate Hz; @param chunkSize samples of each channel */
  async acquire(channels: readonly AnalogChannel[], rate: number, chunkSize: number): Promise<NidaqTask> {
    return await this.#newTask(async (task) => {
      for (const { name, mode, range } of channels) {
        const terminal = TERMINALS[mode]
        await this.#check(
          `channel ${name}`,
          this.#slow.addInput(task, name, '', terminal, range[0], range[1], VAL.volts, '')
        )
      }
      const { rising, continuous } = VAL
      const buffer = BigInt(BUFFER_CHUNKS * chunkSize)
      await this.#check('sample clock', this.#slow.clock(task, '', rate, rising, continuous, buffer))
    })
  }

  /**
   * A task that plays so many samples once.
   * @param values V, channel after channel; @param rate Hz; @param range V
   */
  async play(
    channels: readonly string[],
    values: Float64Array,
    { rate, range }: { rate: number; range: readonly [number, number] }
  ): Promise<NidaqTask> {
    const count = values.length / channels.length
    return await this.#newTask(async (task) => {
      for (const name of channels) {
        await this.#check(`channel ${name}`, this.#slow.addOutput(task, name, '', range[0], range[1], VAL.volts, ''))
      }
      await this.#check('sample clock', this.#slow.clock(task, '', rate, VAL.rising, VAL.finite, BigInt(count)))
      this.#require('output buffer', this.#fast.buffer(task, count))
      const written = new Int32Array(1)
      const wrote = this.#slow.write(task, count, 0, WRITE_TIMEOUT, VAL.byChannel, values, written, null)
      await this.#check('write', wrote)
    })
  }

  async #newTask(prepare: (handle: bigint) => Promise<void>): Promise<NidaqTask> {
    const handle = new BigUint64Array(1)
    await this.#check('create task', this.#slow.create('', handle))
    const task = this.#taskOf(handle[0]!)
    try {
      await prepare(handle[0]!)
      return task
    } catch (error) {
      await task.clear()
      throw error
    }
  }

  #taskOf(handle: bigint): NidaqTask {
    const word = new Uint32Array(1)
    const long = new BigUint64Array(1)
    const rate = new Float64Array(1)
    const read = new Int32Array(1)
    const { byScan } = VAL
    return {
      start: () => this.#check('start', this.#slow.start(handle)),
      stop: () => this.#check('stop', this.#slow.stop(handle)),
      clear: async () => void (await this.#slow.clear(handle)),
      rate: () => {
        this.#require('rate', this.#fast.rate(handle, rate))
        return rate[0]!
      },
      available: () => {
        this.#require('read', this.#fast.available(handle, word))
        return word[0]!
      },
      acquired: () => {
        this.#require('read', this.#fast.acquired(handle, long))
        return Number(long[0])
      },
      isDone: () => {
        this.#require('done', this.#fast.isDone(handle, word))
        return word[0] !== 0
      },
      read: (values, count) => {
        const call = values instanceof Int16Array ? this.#fast.readI16 : this.#fast.readF64
        this.#require('read', call(handle, count, 0, byScan, values, values.length, read, null))
        return read[0]!
      }
    }
  }

  async #check(call: string, status: Promise<number>): Promise<void> {
    this.#require(call, await status)
  }

  /** Warnings, above 0, are no errors. */
  #require(call: string, status: number): void {
    if (status >= 0) return
    const text = Buffer.alloc(TEXT_BYTES)
    this.#fast.text(text, text.length)
    throw new NidaqError(call, status, text.toString('utf8').split('\0', 1)[0]!.trim().replace(/\s+/g, ' '))
  }
}

/** One task of the driver. Everything throws a `NidaqError`. */
export interface NidaqTask {
  start(): Promise<void>
  stop(): Promise<void>
  /** Frees it; tells no errors. */
  clear(): Promise<void>
  /** Hz that the device really has. */
  rate(): number
  /** Samples of each channel that can be read at once. */
  available(): number
  /** Samples of each channel since the start, read or not. */
  acquired(): number
  isDone(): boolean
  /** Copies `count` samples that are there, scan after scan: counts of the converter, or V. Gives how many came. */
  read(values: Int16Array | Float64Array, count: number): number
}
