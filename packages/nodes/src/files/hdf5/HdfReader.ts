import { resolve } from 'node:path'
import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import type { Dataset, File, Group, Metadata } from 'h5wasm/node'
import { RecordingFileError } from '../../errors.ts'
import { OpenFile } from '../OpenFile.ts'
import { hdfReason, loadH5wasm, type H5wasm } from './loadH5wasm.ts'

/** An HDF5 file open for reading. What it does not hold reads as undefined; what cannot be read throws. */
export class HdfReader {
  readonly path: string
  /** It was not closed by its writer, and holds what had been flushed. */
  readonly isUnfinished: boolean
  readonly #module: H5wasm['module']
  readonly #file: File
  #isClosed = false

  private constructor(path: string, { module }: H5wasm, { file, isUnfinished }: { file: File; isUnfinished: boolean }) {
    this.path = path
    this.isUnfinished = isUnfinished
    this.#module = module
    this.#file = file
  }

  /** @throws RecordingFileError */
  static async open(path: string): Promise<HdfReader> {
    const library = await loadH5wasm()
    const isUnfinished = await isMarked(path)
    try {
      const file = new library.File(resolve(path), isUnfinished ? 'Sr' : 'r')
      return new HdfReader(path, library, { file, isUnfinished })
    } catch (cause) {
      throw new RecordingFileError(path, { where: 'file', expected: 'an HDF5 file', got: hdfReason(cause), cause })
    }
  }

  /** Names in a group, or nothing where there is no such group. */
  names(path: string): readonly string[] {
    return this.#attempt(path, () => {
      const found = this.#find(path)
      return found !== undefined && 'keys' in found ? found.keys() : []
    })
  }

  isGroup(path: string): boolean {
    return this.#attempt(path, () => 'keys' in (this.#find(path) ?? {}))
  }

  /** A text, a number, or a list of them. */
  attribute(path: string, name: string): unknown {
    return this.#attempt(`attribute ${name} of ${path}`, () => {
      const found = this.#find(path)
      return found !== undefined && name in found.attrs ? found.get_attribute(name, false) : undefined
    })
  }

  text(path: string, name: string): string | undefined {
    const value = this.attribute(path, name)
    return typeof value === 'string' ? value : undefined
  }

  number(path: string, name: string): number | undefined {
    const value = this.attribute(path, name)
    const single = Array.isArray(value) && value.length === 1 ? (value as unknown[])[0] : value
    return typeof single === 'number' || typeof single === 'bigint' ? Number(single) : undefined
  }

  /** All of a small dataset, as JSON would have it. */
  value(path: string): unknown {
    return this.#attempt(path, () => {
      const found = this.#dataset(path)
      return found === undefined ? undefined : found.json_value
    })
  }

  /** Axes of a dataset; undefined where there is none. */
  shapeOf(path: string): readonly number[] | undefined {
    return this.#attempt(path, () => this.#dataset(path)?.shape ?? undefined)
  }

  /** Of the numbers or compounds in a dataset; undefined where it holds something else. */
  dtypeOf(path: string): DType | undefined {
    return this.#attempt(path, () => {
      const metadata = this.#dataset(path)?.metadata
      return metadata === undefined ? undefined : numberType(metadata)
    })
  }

  /** Rows `[from, to)` of a dataset as bytes of this machine's order, whatever they are. */
  rows(path: string, from: number, to: number): Uint8Array<ArrayBuffer> {
    return this.#attempt(`${path}, rows ${from} to ${to}`, () => {
      const { shape, size } = this.#dataset(path)!.metadata
      const inner = (shape ?? []).slice(1).map(BigInt)
      const count = [BigInt(to - from), ...inner]
      const bytes = Number(count.reduce((product, length) => product * length, 1n)) * size
      if (bytes === 0) return new Uint8Array(0)
      const address = this.#module._malloc(bytes)
      try {
        const start = [BigInt(from), ...inner.map(() => 0n)]
        const steps = count.map(() => 1n)
        this.#module.get_dataset_data(this.#file.file_id, path, count, start, steps, BigInt(address))
        // A copy: the library's memory is used again.
        return this.#module.HEAPU8.slice(address, address + bytes) as Uint8Array<ArrayBuffer>
      } finally {
        this.#module._free(address)
      }
    })
  }

  /** Rows `[from, to)` of a dataset of numbers. */
  numbers(path: string, from: number, to: number): NdArray {
    const dtype = this.dtypeOf(path)!
    const inner = this.shapeOf(path)!.slice(1)
    return NdArray.fromBuffer(this.rows(path, from, to), { dtype, shape: [to - from, ...inner] })
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      this.#file.close()
    } catch {
      // Of a damaged file; there is nothing to save in one that was only read.
    }
  }

  #find(path: string): Group | Dataset | undefined {
    if (path === '/') return this.#file
    let at: Group | Dataset = this.#file
    for (const name of path.split('/').filter(Boolean)) {
      // Asked for by name, so that what is not there is no failure of the library.
      if (!('keys' in at) || !at.keys().includes(name)) return undefined
      const found: unknown = at.get(name)
      if (!(found instanceof Object) || !('attrs' in found)) return undefined
      at = found as Group | Dataset
    }
    return at
  }

  #dataset(path: string): Dataset | undefined {
    const found = this.#find(path)
    return found !== undefined && 'slice' in found ? found : undefined
  }

  #attempt<T>(where: string, action: () => T): T {
    try {
      return action()
    } catch (cause) {
      throw new RecordingFileError(this.path, { where, expected: 'readable data', got: hdfReason(cause), cause })
    }
  }
}

/** Versions of the superblock that have marks, the place of the version and of the marks, and what these say. */
const MARKED_VERSION = 3
const VERSION_AT = 8
const MARKS_AT = 11
const IS_WRITTEN = 0b101

/**
 * Whether the file is being written, by someone now or by someone who was killed. Only then may it be read as such a file: there the
 * library waits for what does not fit to become right, which in a damaged file takes for ever.
 */
async function isMarked(path: string): Promise<boolean> {
  const file = await OpenFile.open(path)
  try {
    const head = await file.read(0, Math.min(file.size, MARKS_AT + 1))
    return head[VERSION_AT] === MARKED_VERSION && ((head[MARKS_AT] ?? 0) & IS_WRITTEN) !== 0
  } finally {
    await file.close()
  }
}

/** Classes of HDF5 types. */
const INTEGER = 0
const FLOAT = 1

function numberType({ type, size, signed }: Metadata): DType | undefined {
  if (type !== INTEGER && type !== FLOAT) return undefined
  // Bytes come in this machine's order, whatever the file has.
  return parseDType(`${type === FLOAT ? 'f' : signed ? 'i' : 'u'}${size}`)
}
