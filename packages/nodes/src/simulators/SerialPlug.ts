import { rmSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PseudoTerminal, type PseudoTerminalEvents } from './PseudoTerminal.ts'

/**
 * A serial adapter that can be pulled and plugged in again: a pseudo-terminal under a path that stays the same, as
 * /dev/ttyUSB0 would. Linux only.
 */
export class SerialPlug {
  /** Where programs open it, while it is plugged in. */
  readonly path: string
  readonly #folder: string
  readonly #events: PseudoTerminalEvents
  #terminal: PseudoTerminal | undefined
  #isOpen = true

  private constructor(folder: string, events: PseudoTerminalEvents) {
    this.#folder = folder
    this.path = join(folder, 'tty')
    this.#events = events
  }

  /** Plugged in from the start. @throws {DeviceError} where there are no pseudo-terminals. @throws {MissingPackageError} */
  static async open(events: PseudoTerminalEvents): Promise<SerialPlug> {
    const plug = new SerialPlug(await mkdtemp(join(tmpdir(), 'nodeacq-serial-')), events)
    try {
      await plug.plugIn()
    } catch (error) {
      await plug.close()
      throw error
    }
    return plug
  }

  /** The terminal behind the path, such as `/dev/pts/3`; undefined while it is pulled. */
  get device(): string | undefined {
    return this.#terminal?.path
  }

  /** Whether a program has it open. */
  get hasClient(): boolean {
    return this.#terminal?.hasClient ?? false
  }

  /** Bytes that are lost when nobody has it open. */
  write(bytes: Uint8Array): void {
    this.#terminal?.write(bytes)
  }

  /** Whoever has it open sees it vanish. */
  pull(): void {
    this.#terminal?.close()
    this.#terminal = undefined
    rmSync(this.path, { force: true })
  }

  async plugIn(): Promise<void> {
    if (this.#terminal !== undefined || !this.#isOpen) return
    this.#terminal = await PseudoTerminal.open(this.#events)
    await symlink(this.#terminal.path, this.path)
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#terminal?.close()
    this.#terminal = undefined
    await rm(this.#folder, { recursive: true, force: true })
  }
}
