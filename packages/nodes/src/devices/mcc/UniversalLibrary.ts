import { DeviceError } from '@nodeacq/core'
import type { LibraryHandle } from 'koffi'
import { openLibrary, SlowCalls, type SlowCall } from '../native/openLibrary.ts'

/** Constants of cbw.h. */
export const UL = {
  boardInfo: 2,
  digitalInfo: 3,
  boardType: 1,
  adChannels: 7,
  digitalDevices: 9,
  serialNumber: 214,
  deviceType: 1,
  deviceBits: 6,
  auxPort: 1,
  analog: 0,
  digital8: 1,
  digital16: 2,
  aiFunction: 1,
  daqiFunction: 6,
  background: 1,
  continuous: 2,
  convertData: 8
} as const

/** Code of each range that pyacq's node takes, V. */
export const RANGES: readonly (readonly [limit: number, code: number])[] = [
  [10, 1],
  [5, 0],
  [1, 4],
  [0.1, 7]
]

export const AI_MODES = { differential: 0, 'single-ended': 1, grounded: 16 } as const

const NAME_BYTES = 64
const TEXT_BYTES = 256
/** OVERRUN and its kin: the board, or the way to it, was too slow. */
const OVERRUNS: readonly number[] = [29, 30]

/** An error that the library tells. */
export class UniversalLibraryError extends DeviceError {
  override readonly name = 'UniversalLibraryError'
  override readonly code = 'UNIVERSAL_LIBRARY'
  /** Of the library. */
  readonly status: number

  constructor(call: string, status: number, text: string) {
    super(`Universal Library: ${call}: ${text || 'no text'} (${status})`)
    this.status = status
  }

  /** Samples are lost, and the scan has ended. */
  get isOverrun(): boolean {
    return OVERRUNS.includes(this.status)
  }
}

/** Where a scan is. */
export interface ScanState {
  readonly isRunning: boolean
  /** Points written since the start, with 32 bits. */
  readonly count: number
  /** Place in the ring, in points; -1 before the first one. */
  readonly point: number
}

/** A scan of neighbouring channels with one range, or of any channels with a range each. */
export type Scan =
  | { readonly kind: 'analog'; readonly low: number; readonly high: number; readonly range: number }
  | {
      readonly kind: 'mixed'
      readonly channels: Int16Array
      readonly types: Int16Array
      readonly ranges: Int16Array
    }

type Call = (...args: readonly unknown[]) => number

/**
 * What the node needs of Measurement Computing's Universal Library (cbw), a library of C for Windows, where a long has 32
 * bits.
 *
 * Source: cbw.h and the Universal Library function reference, by way of pyacq/devices/measurementcomputing.py.
 */
export class UniversalLibrary {
  readonly #slow: Readonly<Record<'ainScan' | 'daqInScan' | 'stop', SlowCall>>
  readonly #fast: Readonly<Record<'status' | 'config' | 'name' | 'mode' | 'text', Call>>

  private constructor(library: LibraryHandle) {
    const slow = new SlowCalls(library)
    const fast = (declaration: string): Call => library.func(declaration) as Call
    this.#slow = {
      ainScan: slow.define('int cbAInScan(int, int, int, int32_t, void *, int, void *, int)'),
      daqInScan: slow.define('int cbDaqInScan(int, void *, void *, void *, int, void *, void *, void *, void *, int)'),
      stop: slow.define('int cbStopBackground(int, int)')
    }
    this.#fast = {
      status: fast('int cbGetIOStatus(int, void *, void *, void *, int)'),
      config: fast('int cbGetConfig(int, int, int, int, void *)'),
      name: fast('int cbGetBoardName(int, void *)'),
      mode: fast('int cbAInputMode(int, int)'),
      text: fast('int cbGetErrMsg(int, void *)')
    }
  }

  /** @param path default the library of the system. @throws {MissingPackageError} */
  static async open(neededFor: string, path?: string): Promise<UniversalLibrary> {
    const standard = process.platform === 'win32' ? ['cbw64.dll', 'cbw32.dll'] : []
    const library = await openLibrary({
      product: 'Universal Library',
      files: path === undefined ? standard : [path],
      neededFor,
      install: "Measurement Computing's InstaCal from mccdaq.com (Windows), or name its library in 'library'"
    })
    return new UniversalLibrary(library)
  }

  boardName(board: number): string {
    const name = Buffer.alloc(NAME_BYTES)
    this.#require(`name of board ${board}`, this.#fast.name(board, name))
    return textOf(name)
  }

  config(info: number, board: number, device: number, item: number): number {
    const value = new Int32Array(1)
    this.#require(`configuration of board ${board}`, this.#fast.config(info, board, device, item, value))
    return value[0]!
  }

  setInputMode(board: number, mode: number): void {
    this.#require(`input mode of board ${board}`, this.#fast.mode(board, mode))
  }

  /**
   * Begins to write into the ring, over and over.
   * @param ring must stay alive until the scan is stopped. @returns Hz that the board really has
   */
  async start(board: number, scan: Scan, { ring, rate }: { ring: Uint16Array; rate: number }): Promise<number> {
    const options = UL.background + UL.continuous + UL.convertData
    const real = Int32Array.of(Math.trunc(rate))
    if (scan.kind === 'analog') {
      const { low, high, range } = scan
      const started = this.#slow.ainScan(board, low, high, ring.length, real, range, ring, options)
      this.#require(`scan of board ${board}`, await started)
      return real[0]!
    }
    const { channels, types, ranges } = scan
    const pretrigger = new Int32Array(1)
    const total = Int32Array.of(ring.length)
    const started = this.#slow.daqInScan(
      ...[board, channels, types, ranges, channels.length, real, pretrigger, total, ring, options]
    )
    this.#require(`scan of board ${board}`, await started)
    return real[0]!
  }

  async stop(board: number, { kind }: Scan): Promise<void> {
    this.#require(`stop of board ${board}`, await this.#slow.stop(board, functionOf(kind)))
  }

  /** Looks where a scan is. @throws {UniversalLibraryError} when the board has ended it. */
  look(board: number, { kind }: Scan): ScanState {
    const status = new Int16Array(1)
    const count = new Int32Array(1)
    const point = new Int32Array(1)
    this.#require(`scan of board ${board}`, this.#fast.status(board, status, count, point, functionOf(kind)))
    return { isRunning: status[0] === 1, count: count[0]!, point: point[0]! }
  }

  #require(call: string, status: number): void {
    if (status === 0) return
    const text = Buffer.alloc(TEXT_BYTES)
    this.#fast.text(status, text)
    throw new UniversalLibraryError(call, status, textOf(text))
  }
}

function functionOf(kind: Scan['kind']): number {
  return kind === 'analog' ? UL.aiFunction : UL.daqiFunction
}

function textOf(bytes: Buffer): string {
  return bytes.toString('latin1').split('\0', 1)[0]!.trim()
}
