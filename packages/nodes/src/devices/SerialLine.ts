import { stat } from 'node:fs/promises'
import { DeviceError, MissingPackageError } from '@nodeacq/core'
import type { SerialPort } from 'serialport'

export interface SerialLineOptions {
  /** Bit/s; 8 bits, no parity, one stop bit. */
  baudRate: number
  /** Bytes as they come. */
  onData: (bytes: Uint8Array) => void
  /** The port is gone, told once; not after `close`. */
  onLost: (reason: string) => void
}

/** ms between two looks whether the port is still there while nothing comes from it. */
const LOOK_INTERVAL = 250

/** A serial port, real or a pseudo-terminal. The package `serialport` is loaded when the first one is opened. */
export class SerialLine {
  readonly path: string
  readonly #port: SerialPort
  readonly #options: SerialLineOptions
  readonly #looks: NodeJS.Timeout | undefined
  #heard = false
  #isOpen = true

  private constructor(port: SerialPort, options: SerialLineOptions, device: string | undefined) {
    this.path = port.path
    this.#port = port
    this.#options = options
    port.on('data', (bytes: Buffer) => {
      this.#heard = true
      if (this.#isOpen) options.onData(bytes)
    })
    port.on('close', (error: Error | null) => this.#lose(error?.message ?? 'the port was closed'))
    port.on('error', (error: Error) => this.#lose(error.message))
    if (device !== undefined) this.#looks = setInterval(() => void this.#look(device), LOOK_INTERVAL)
  }

  /** @throws {DeviceError} when the port cannot be opened. @throws {MissingPackageError} without `serialport`. */
  static async open(path: string, options: SerialLineOptions): Promise<SerialLine> {
    const { SerialPort } = await loadSerialPort()
    const port = new SerialPort({ path, baudRate: options.baudRate, autoOpen: false })
    await new Promise<void>((resolve, reject) => {
      port.open((cause) => {
        if (cause) reject(new DeviceError(`serial port ${path}: cannot be opened: ${cause.message}`, { cause }))
        else resolve()
      })
    })
    return new SerialLine(port, options, await deviceAt(path))
  }

  /** Resolves when the system has taken the bytes. @throws {DeviceError} */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (!this.#isOpen) throw new DeviceError(`serial port ${this.path}: is closed`)
    const content = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes)
    await new Promise<void>((resolve, reject) => {
      this.#port.write(content, (cause) => {
        if (cause) reject(new DeviceError(`serial port ${this.path}: cannot be written: ${cause.message}`, { cause }))
        else resolve()
      })
    })
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#isOpen = false
    clearInterval(this.#looks)
    if (!this.#port.isOpen || this.#port.closing) return
    await new Promise<void>((resolve) => this.#port.close(() => resolve()))
  }

  /**
   * A pseudo-terminal whose other end is closed gives the end of the file, which the package reads again and again without
   * a word; a symbolic link may meanwhile lead to another device.
   */
  async #look(device: string): Promise<void> {
    const heard = this.#heard
    this.#heard = false
    if (heard || (await deviceAt(this.path)) === device) return
    this.#lose('the device is gone')
  }

  #lose(reason: string): void {
    if (!this.#isOpen) return
    void this.close()
    this.#options.onLost(reason)
  }
}

/** Names the device that a path leads to; undefined where the system has no such paths. */
async function deviceAt(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined
  try {
    const { dev, ino, rdev } = await stat(path)
    return `${dev}:${ino}:${rdev}`
  } catch {
    return 'nothing'
  }
}

/** @throws {MissingPackageError} */
export async function loadSerialPort(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport')
  } catch (error) {
    throw new MissingPackageError('serialport', 'a serial port', { cause: error })
  }
}
