import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, rmSync, truncateSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import koffi from 'koffi'
import type { ReadReport } from './consume.ts'
import { now, sentAt } from './stamp.ts'
import { UsageMeter } from './UsageMeter.ts'

/**
 * The least that handing chunks over in shared memory can be: a mapped file with one word that says how many chunks were
 * written and equal slots behind it, and a FIFO with one byte for each of them. No account, no runs, no second reader:
 * what our streams are measured against.
 */
export interface BareRingPlace {
  readonly file: string
  readonly fifo: string
  readonly chunkBytes: number
  readonly slots: number
}

/** Bytes before the first slot: the count, and the rest of its line of the cache. */
const SLOTS_AT = 64

function sizeOf({ chunkBytes, slots }: BareRingPlace): number {
  return SLOTS_AT + chunkBytes * slots
}

/** The file's memory in this process. Linux only. */
function map(place: BareRingPlace): ArrayBuffer {
  const mmap = koffi.load('libc.so.6').func('void* mmap(void*, size_t, int, int, int, int64_t)')
  const fd = openSync(place.file, constants.O_RDWR)
  try {
    const [readWrite, shared] = [3, 1]
    const address = mmap(null, sizeOf(place), readWrite, shared, fd, 0) as unknown
    return koffi.view(address, sizeOf(place))
  } finally {
    closeSync(fd)
  }
}

/** The writing end. */
export class BareRing implements Disposable {
  readonly place: BareRingPlace
  readonly #bytes: Uint8Array
  readonly #count: BigInt64Array
  #fifo: number | undefined
  #written = 0

  constructor({ chunkBytes, slots }: { chunkBytes: number; slots: number }) {
    const name = `nodeacq-bench-${process.pid}`
    this.place = { file: join('/dev/shm', name), fifo: join(tmpdir(), `${name}.fifo`), chunkBytes, slots }
    process.once('exit', this.#remove)
    writeFileSync(this.place.file, '')
    truncateSync(this.place.file, sizeOf(this.place))
    execFileSync('mkfifo', [this.place.fifo])
    const memory = map(this.place)
    this.#bytes = new Uint8Array(memory)
    this.#count = new BigInt64Array(memory, 0, 1)
    this.#bytes.fill(0) // so that no first write waits for a page
  }

  /** Starts from the beginning, with a reader that has opened the FIFO. */
  begin(): void {
    this.#fifo ??= openSync(this.place.fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    this.#written = 0
    Atomics.store(this.#count, 0, 0n)
  }

  put(chunk: Uint8Array): void {
    const { chunkBytes, slots } = this.place
    this.#bytes.set(chunk, SLOTS_AT + (this.#written % slots) * chunkBytes)
    Atomics.store(this.#count, 0, BigInt(++this.#written))
    this.#ring(1)
  }

  end(): void {
    this.#ring(0)
    closeSync(this.#fifo!)
    this.#fifo = undefined
  }

  #ring(what: number): void {
    writeSync(this.#fifo!, Uint8Array.of(what))
  }

  readonly #remove = (): void => {
    for (const file of [this.place.file, this.place.fifo]) rmSync(file, { force: true })
  };

  [Symbol.dispose](): void {
    process.off('exit', this.#remove)
    unlinkSync(this.place.file)
    unlinkSync(this.place.fifo)
  }
}

/** The reading end: checks each chunk where it lies, and takes its time, until the writer says that it is over. */
export function readBareRing(place: BareRingPlace, onReady: () => void): Promise<ReadReport> {
  const memory = map(place)
  const bytes = new Uint8Array(memory)
  const count = new BigInt64Array(memory, 0, 1)
  const fifo = new Socket({ fd: openSync(place.fifo, constants.O_RDONLY | constants.O_NONBLOCK), readable: true })
  const latencies: number[] = []
  let chunks = 0
  let wrong = 0
  const usage = new UsageMeter()
  return new Promise((resolve) => {
    fifo.on('data', (bells) => {
      for (const written = Number(Atomics.load(count, 0)); chunks < written; chunks++) {
        const from = SLOTS_AT + (chunks % place.slots) * place.chunkBytes
        const at = sentAt(bytes.subarray(from, from + place.chunkBytes), chunks)
        if (Number.isNaN(at)) wrong++
        else latencies.push(now() - at)
      }
      if (bells.at(-1) !== 0) return
      fifo.destroy()
      const endedAt = now()
      resolve({ ...usage.stop(), chunks, lostSamples: 0, skippedSamples: 0, wrong, latencies, endedAt })
    })
    onReady()
  })
}
