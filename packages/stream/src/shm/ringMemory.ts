import { readSync, writeSync } from 'node:fs'
import { endianness } from 'node:os'
import { SharedMemError } from '../errors.ts'
import { fence } from './fence.ts'
import { mapFile, type Mapping } from './mapFile.ts'

/** The bytes of a shared file, mapped where that can be done, else by reading and writing the file. */
export interface RingMemory {
  /** The word of 8 bytes at `at`, whole. What is read afterwards is no older than it. */
  word(at: number): number
  /** Sets the word of 8 bytes at `at`. Others see it after what was written before it, and before what is written later. */
  setWord(at: number, value: number): void
  /** Fills `target` with what is there from `at` on. */
  read(target: Uint8Array, at: number): void
  write(source: Uint8Array, at: number): void
  /** All of it, where it is mapped. */
  readonly bytes: Uint8Array | undefined
  /** Safe to call twice. Everything else is refused afterwards. */
  close(): void
}

/** Opens the memory of an open file of `size` bytes. `close` is called when it is no longer needed. */
export function openRingMemory(
  file: { path: string; fd: number },
  size: number,
  { writable, close = () => undefined }: { writable: boolean; close?: () => void }
): RingMemory {
  const mapping = mapFile(file.fd, size, { writable })
  if (mapping === undefined) return new FileMemory(file, close)
  return new MappedMemory(file.path, size, { mapping, close })
}

/**
 * Memory that another thread of this process has mapped, and that it alone closes.
 * @throws {SharedMemError} when it is smaller than `size` bytes.
 */
export function lentRingMemory(buffer: SharedArrayBuffer, size: number): RingMemory {
  const path = 'of another thread'
  if (buffer.byteLength < size) throw new SharedMemError(path, `expected ${size} bytes, got ${buffer.byteLength}`)
  return new MappedMemory(path, size, { mapping: { buffer, close: () => undefined }, close: () => undefined })
}

class MappedMemory implements RingMemory {
  readonly #path: string
  readonly #mapping: Mapping
  readonly #close: () => void
  #words: BigInt64Array
  #bytes: Uint8Array
  #isOpen = true

  constructor(path: string, size: number, at: { mapping: Mapping; close: () => void }) {
    this.#path = path
    this.#mapping = at.mapping
    this.#close = at.close
    this.#words = new BigInt64Array(at.mapping.buffer, 0, Math.floor(size / 8))
    this.#bytes = new Uint8Array(at.mapping.buffer, 0, size)
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  word(at: number): number {
    this.#requireOpen()
    fence()
    return Number(Atomics.load(this.#words, at / 8))
  }

  setWord(at: number, value: number): void {
    this.#requireOpen()
    Atomics.store(this.#words, at / 8, BigInt(value))
    fence()
  }

  read(target: Uint8Array, at: number): void {
    this.#requireOpen()
    target.set(this.#bytes.subarray(at, at + target.length))
  }

  write(source: Uint8Array, at: number): void {
    this.#requireOpen()
    this.#bytes.set(source, at)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#words = new BigInt64Array(0)
    this.#bytes = new Uint8Array(0)
    this.#mapping.close()
    this.#close()
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw closed(this.#path)
  }
}

const LITTLE = endianness() === 'LE'

/** Reads and writes go to the same pages as other processes' mappings. */
class FileMemory implements RingMemory {
  readonly bytes = undefined
  readonly #path: string
  readonly #fd: number
  readonly #close: () => void
  readonly #word = new DataView(new ArrayBuffer(8))
  readonly #wordBytes = new Uint8Array(this.#word.buffer)
  #isOpen = true

  constructor({ path, fd }: { path: string; fd: number }, close: () => void) {
    this.#path = path
    this.#fd = fd
    this.#close = close
  }

  word(at: number): number {
    this.read(this.#wordBytes, at)
    return Number(this.#word.getBigInt64(0, LITTLE))
  }

  setWord(at: number, value: number): void {
    this.#word.setBigInt64(0, BigInt(value), LITTLE)
    this.write(this.#wordBytes, at)
  }

  read(target: Uint8Array, at: number): void {
    this.#requireOpen()
    for (let done = 0; done < target.length;) {
      const got = readSync(this.#fd, target, done, target.length - done, at + done)
      if (got === 0) throw new SharedMemError(this.#path, `expected ${target.length} bytes at ${at}, got ${done}`)
      done += got
    }
  }

  write(source: Uint8Array, at: number): void {
    this.#requireOpen()
    for (let done = 0; done < source.length;) {
      done += writeSync(this.#fd, source, done, source.length - done, at + done)
    }
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#close()
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw closed(this.#path)
  }
}

function closed(path: string): SharedMemError {
  return new SharedMemError(path, 'is closed here')
}
