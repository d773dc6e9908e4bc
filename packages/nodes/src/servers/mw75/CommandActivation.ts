import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Mw75Log } from './Mw75Source.ts'
import type { Mw75Activation } from './SerialSource.ts'

const run = promisify(execFile)
/** ms that a program may take. */
const TIMEOUT = 30_000

/**
 * Lets a program activate the headset: it is called with `start`, and with `stop` at the end. Where the last line that it
 * writes to standard output is a number from 0 to 100, that is the battery.
 */
export class CommandActivation implements Mw75Activation {
  readonly #program: string

  constructor(program: string) {
    this.#program = program
  }

  async start(log: Mw75Log, signal: AbortSignal): Promise<number | null> {
    const { stdout, stderr } = await run(this.#program, ['start'], { signal, timeout: TIMEOUT })
    for (const line of `${stderr}`.split('\n')) if (line !== '') log('INFO', line)
    const last = stdout.trim().split('\n').at(-1) ?? ''
    return /^\d{1,3}$/.test(last) && Number(last) <= 100 ? Number(last) : null
  }

  async stop(log: Mw75Log): Promise<void> {
    try {
      await run(this.#program, ['stop'], { timeout: TIMEOUT })
    } catch (error) {
      log('WARNING', `The headset could not be told to stop: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
