import { DeviceError } from '@nodeacq/core'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import type Koffi from 'koffi'
import { loadKoffi } from '../loadKoffi.ts'

export interface PseudoTerminalEvents {
  /** Bytes that the program at the other end has written; valid during the call only. */
  readonly data: (bytes: Uint8Array) => void
  /** A program has opened the terminal. */
  readonly open?: () => void
  /** The last program that had it open has closed it. */
  readonly close?: () => void
}

/** ms between looks for a program that opens the terminal while none has it open. */
const LOOK_INTERVAL = 10
/** Bytes that wait for a program that does not read; those beyond are thrown away, as a serial port's would be. */
const MAX_WAITING = 1 << 20

const TCSANOW = 0
/** More than termios has on any Linux. */
const TERMIOS_SIZE = 256
const PATH_SIZE = 128

/**
 * A serial port without hardware: a program opens `path` as it would open /dev/ttyUSB0, and talks with us. It is raw
 * (8 bits, no echo, no line ends), whatever its baud rate. Bytes that are written while nobody has it open are lost, as
 * with a cable that nothing is plugged into. Linux only; keeps the process alive until it is closed.
 */
export class PseudoTerminal {
  /** Such as `/dev/pts/3`. */
  readonly path: string
  readonly #fd: number
  readonly #events: PseudoTerminalEvents
  readonly #poll: ReturnType<typeof Koffi.node.poll>
  readonly #looks: NodeJS.Timeout
  readonly #read = Buffer.alloc(65_536)
  /** What did not fit into the terminal yet, in order. */
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #lost = 0
  #hasClient = false
  #isOpen = true

  private constructor(koffi: typeof Koffi, { fd, path }: { fd: number; path: string }, events: PseudoTerminalEvents) {
    this.#fd = fd
    this.path = path
    this.#events = events
    this.#poll = koffi.node.poll(fd, { readable: true }, () => {})
    this.#poll.stop()
    this.#looks = setInterval(() => this.#look(), LOOK_INTERVAL)
  }

  /** @throws {DeviceError} where there are no pseudo-terminals. @throws {MissingPackageError} without koffi. */
  static async open(events: PseudoTerminalEvents): Promise<PseudoTerminal> {
    if (process.platform !== 'linux') {
      throw new DeviceError(`pseudo-terminal: expected Linux, got ${process.platform}`)
    }
    const koffi = await loadKoffi('a pseudo-terminal')
    return new PseudoTerminal(koffi, openPair(koffi), events)
  }

  /** Whether a program has it open. */
  get hasClient(): boolean {
    return this.#hasClient
  }

  /** Bytes that were thrown away because the program that has it open did not read. */
  get lost(): number {
    return this.#lost
  }

  /** Sends bytes to whoever has it open; they may be changed after the call. */
  write(bytes: Uint8Array): void {
    if (!this.#isOpen || !this.#hasClient) return
    const written = this.#waitingBytes > 0 ? 0 : this.#writeNow(bytes)
    if (written === bytes.length) return
    const rest = new Uint8Array(bytes.subarray(written))
    if (this.#waitingBytes + rest.length > MAX_WAITING) {
      this.#lost += rest.length
      return
    }
    this.#waiting.push(rest)
    this.#waitingBytes += rest.length
    this.#watch()
  }

  /**
   * Whoever has it open reads the end of the file, and the path is gone. Drivers that know only what happens when a USB
   * adapter is pulled (an error) may not see it: the serialport package reads again and again. Safe to call twice.
   */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearInterval(this.#looks)
    this.#poll.close()
    closeSync(this.#fd)
    this.#hasClient = false
    this.#forget()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Reading fails as long as nobody has it open: only then is there something to look for. */
  #look(): void {
    if (!this.#hasClient && this.#isOpen) this.#receive()
  }

  #receive(): void {
    let size: number
    try {
      size = readSync(this.#fd, this.#read)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') this.#setClient(true)
      else if (code === 'EIO') this.#setClient(false)
      else throw error
      return
    }
    this.#setClient(true)
    if (this.#isOpen) this.#events.data(this.#read.subarray(0, size))
  }

  #setClient(hasClient: boolean): void {
    if (hasClient === this.#hasClient) return
    this.#hasClient = hasClient
    if (hasClient) {
      this.#watch()
      this.#events.open?.()
    } else {
      this.#poll.stop()
      this.#forget()
      this.#events.close?.()
    }
  }

  #watch(): void {
    this.#poll.stop()
    this.#poll.start({ readable: true, writable: this.#waitingBytes > 0 }, () => {
      // koffi 3.3 does not pass what its types say, so that both are tried.
      if (this.#waitingBytes > 0) this.#drain()
      if (this.#hasClient) this.#receive()
    })
  }

  #drain(): void {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting
      const written = this.#writeNow(first!)
      this.#waitingBytes -= written
      if (written < first!.length) {
        this.#waiting[0] = first!.subarray(written)
        return
      }
      this.#waiting.shift()
    }
    this.#watch()
  }

  /** How many bytes the terminal has taken. */
  #writeNow(bytes: Uint8Array): number {
    try {
      return writeSync(this.#fd, bytes)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // EIO: it has just been closed at the other end, which the next read tells.
      if (code === 'EAGAIN' || code === 'EIO') return 0
      throw error
    }
  }

  #forget(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }
}

/** Opens the master's end of a new terminal, and makes it raw. */
function openPair(koffi: typeof Koffi): { fd: number; path: string } {
  const libc = koffi.load(null)
  const grantpt = libc.func('int grantpt(int)') as unknown as (fd: number) => number
  const unlockpt = libc.func('int unlockpt(int)') as unknown as (fd: number) => number
  const ptsname = libc.func('int ptsname_r(int, void *, size_t)') as unknown as NameCall
  const tcgetattr = libc.func('int tcgetattr(int, void *)') as unknown as TermiosCall
  const cfmakeraw = libc.func('void cfmakeraw(void *)') as unknown as (termios: Uint8Array) => void
  const tcsetattr = libc.func('int tcsetattr(int, int, void *)') as unknown as SetTermiosCall
  const fd = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  const check = (call: string, result: number): void => {
    if (result !== 0) throw new DeviceError(`pseudo-terminal: ${call} failed with ${result}`)
  }
  try {
    check('grantpt', grantpt(fd))
    check('unlockpt', unlockpt(fd))
    const name = Buffer.alloc(PATH_SIZE)
    check('ptsname', ptsname(fd, name, name.length))
    const path = name.toString('utf8', 0, name.indexOf(0))
    const termios = Buffer.alloc(TERMIOS_SIZE)
    check('tcgetattr', tcgetattr(fd, termios))
    cfmakeraw(termios)
    check('tcsetattr', tcsetattr(fd, TCSANOW, termios))
    // Once it has been open, reading tells whether anybody has it open.
    closeSync(openSync(path, constants.O_RDWR | constants.O_NOCTTY))
    return { fd, path }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

type NameCall = (fd: number, name: Uint8Array, size: number) => number
type TermiosCall = (fd: number, termios: Uint8Array) => number
type SetTermiosCall = (fd: number, when: number, termios: Uint8Array) => number
