import { resolve } from 'node:path'
import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import type { Dataset, File, Group, Metadata } from 'h5wasm/node'
import { RecordingFileError } from '../../errors.ts'
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
    const open = (mode: 'r' | 'Sr'): File => new library.File(resolve(path), mode)
    try {
      return new HdfReader(path, library, { file: open('r'), isUnfinished: false })
    } catch (cause) {
      try {
        // Marked as being written: by someone now, or by someone who was killed.
        return new HdfReader(path, library, { file: open('Sr'), isUnfinished: true })
      } catch {
        throw new RecordingFileError(path, { where: 'file', expected: 'an HDF5 file', got: hdfReason(cause), cause })
      }
    }
  }

  /** Names in a group, or nothing where there is no such group. */
  names(path: string): readonly string[] {
    const found = this.#find(path)
    return found !== undefined && 'keys' in found ? found.keys() : []
  }

  isGroup(path: string): boolean {
    const found = this.#find(path)
    return found !== undefined && 'keys' in found
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
    this.#file.close()
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

/** Classes of HDF5 types. */
const INTEGER = 0
const FLOAT = 1

function numberType({ type, size, signed }: Metadata): DType | undefined {
  if (type !== INTEGER && type !== FLOAT) return undefined
  // Bytes come in this machine's order, whatever the file has.
  return parseDType(`${type === FLOAT ? 'f' : signed ? 'i' : 'u'}${size}`)
}
