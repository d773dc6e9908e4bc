import { execFileSync } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StartOptions } from 'testing'

const SOURCE = new URL('programs/faults.c', import.meta.url).pathname

/** Makes syncs of another process fail and its wall clock jump. */
export class SystemFaults {
  readonly #orders: string
  readonly #library: string

  private constructor(orders: string, library: string) {
    this.#orders = orders
    this.#library = library
  }

  /** Undefined where there is no compiler, or no way to preload. */
  static async prepare(folder: string): Promise<SystemFaults | undefined> {
    if (process.platform !== 'linux') return undefined
    const [orders, library] = [join(folder, 'orders'), join(folder, 'faults.so')]
    try {
      execFileSync('sh', ['-c', `cc -shared -fPIC -O1 -o ${library} ${SOURCE}`], { stdio: 'ignore' })
    } catch {
      return undefined
    }
    await writeFile(orders, Buffer.alloc(16))
    return new SystemFaults(orders, library)
  }

  /** For the process that suffers them. */
  get env(): NonNullable<StartOptions['env']> {
    return { LD_PRELOAD: this.#library, NODEACQ_FAULTS: this.#orders }
  }

  /** The next syncs fail with EIO. */
  failSyncs(count: number): Promise<void> {
    return this.#order(0, BigInt(count))
  }

  /** Whether all that were to fail have. */
  async haveFailed(): Promise<boolean> {
    await using file = await open(this.#orders, 'r')
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0)
    return buffer.readBigInt64LE() <= 0n
  }

  /** The wall clock is wrong by so many ms from now on. */
  setClock(ms: number): Promise<void> {
    return this.#order(8, BigInt(ms) * 1_000_000n)
  }

  async #order(at: number, value: bigint): Promise<void> {
    await using file = await open(this.#orders, 'r+')
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    await file.write(bytes, 0, 8, at)
  }
}
