import { open, rm, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Dataset, Dtype, File, Group, GuessableDataTypes, Reference } from 'h5wasm/node'
import { hdfReason, loadH5wasm, type H5wasm } from '../../files/hdf5/loadH5wasm.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { HdfArray } from './HdfArray.ts'

/** A text is written as UTF-8 of its own length, a number as float64, a bigint as int64. */
export type HdfValue =
  string | readonly string[] | number | bigint | Float64Array | Int32Array | Reference | readonly Reference[]

export interface ArrayOptions {
  readonly type: Dtype
  readonly rowShape?: readonly number[]
  readonly rowBytes: number
  readonly chunkRows: number
  /** Of gzip, 0: none. */
  readonly compression?: number
}

/** Makes an HDF5 file: groups, attributes, and datasets that grow. All that fails, fails with the path of the file. */
export class HdfWriter {
  readonly path: string
  readonly #module: H5wasm['module']
  readonly #file: File
  readonly #handle: FileHandle
  readonly #arrays = new Set<HdfArray>()
  #isOpen = true

  private constructor(path: string, { module }: H5wasm, { file, handle }: { file: File; handle: FileHandle }) {
    this.path = path
    this.#module = module
    this.#file = file
    this.#handle = handle
  }

  /**
   * @param isLive can be read while it is written, and after a kill: everything is made first, then `goLive` called
   * @throws RecorderError
   */
  static async create(path: string, { isLive = false } = {}): Promise<HdfWriter> {
    const absolute = resolve(path)
    const library = await loadH5wasm()
    let handle: FileHandle | undefined
    try {
      // The library replaces what is there; this does not.
      handle = await open(absolute, 'wx')
      const file = new library.File(absolute, 'w', isLive ? { libver: 'v110' } : {})
      return new HdfWriter(path, library, { file, handle })
    } catch (cause) {
      await handle?.close()
      if (handle !== undefined) await rm(absolute, { force: true })
      throw new RecorderError(path, `cannot make the file: ${hdfReason(cause)}`, { cause })
    }
  }

  /** @param path absolute, its parent is there */
  group(path: string, attributes: Readonly<Record<string, HdfValue>> = {}): string {
    this.#attempt('make a group', () => this.#module.create_group(this.#file.file_id, path, false))
    this.attributes(path, attributes)
    return path
  }

  attributes(path: string, attributes: Readonly<Record<string, HdfValue>>): void {
    for (const [name, value] of Object.entries(attributes)) this.attribute(path, name, value)
  }

  /** @param type of numbers that are not what `HdfValue` makes of them */
  attribute(path: string, name: string, value: HdfValue, type: Dtype = typeOf(value)): void {
    this.#attempt('write an attribute', () => {
      this.#entity(path).create_attribute(name, plain(value), shapeOf(value), type)
    })
  }

  /** A dataset that is written at once: one value, or a list. */
  value(path: string, value: HdfValue, attributes: Readonly<Record<string, HdfValue>> = {}): void {
    this.#attempt('write a dataset', () => {
      const [group, name] = this.#locate(path)
      const shape = shapeOf(value)
      const isEmpty = shape[0] === 0
      const growing = isEmpty ? { maxshape: [null], chunks: [64] } : {}
      group.create_dataset({ name, data: plain(value), shape, dtype: typeOf(value), ...growing })
    })
    this.attributes(path, attributes)
  }

  /** An empty dataset `(rows, ...rowShape)` that rows are appended to. */
  array(path: string, { type, rowShape = [], rowBytes, chunkRows, compression = 0 }: ArrayOptions): HdfArray {
    this.#attempt('make a dataset', () => {
      const [group, name] = this.#locate(path)
      group.create_dataset({
        name,
        data: nothingOf(type),
        shape: [0, ...rowShape],
        dtype: type,
        maxshape: [null, ...rowShape],
        chunks: [chunkRows, ...rowShape],
        ...(compression > 0 && { compression: 'gzip', compression_opts: compression })
      })
    })
    const array = new HdfArray(this.#module, this.#file.file_id, { path, rowShape, rowBytes, chunkRows })
    this.#arrays.add(array)
    return array
  }

  /** Appends whole rows, C order, this machine's byte order. @throws RecorderError */
  append(array: HdfArray, bytes: Uint8Array): void {
    this.#attempt('write samples', () => array.append(bytes))
  }

  /** Replaces a row, or appends it where it is the next one. @throws RecorderError */
  put(array: HdfArray, row: number, bytes: Uint8Array): void {
    this.#attempt('write a row', () => array.put(row, bytes))
  }

  /** Writes all of an array that nothing more is appended to. */
  finish(array: HdfArray): void {
    this.#attempt('write samples', () => array.flush())
    array.release()
    this.#arrays.delete(array)
  }

  reference(path: string): Reference {
    return this.#attempt('refer to an object', () => this.#entity(path).create_reference())
  }

  softLink(path: string, target: string): void {
    this.#attempt('link', () => this.#module.create_soft_link(this.#file.file_id, target, path))
  }

  /** From now on the file can be read while it is written; nothing new can be made in it. */
  goLive(): void {
    this.#attempt('make the file readable', () => this.#file.start_swmr_write())
    this.flush()
  }

  /** Hands all that was given to the system. */
  flush(): void {
    this.#attempt('write', () => {
      for (const array of this.#arrays) array.flush()
      this.#file.flush()
    })
  }

  /** What was flushed is on the disk when this resolves. */
  async sync(): Promise<void> {
    await this.#handle.datasync().catch((cause: unknown) => {
      throw RecorderError.from(this.path, 'write to the disk', cause)
    })
  }

  /** Writes the rest. Safe to call twice. @throws RecorderError */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      this.#attempt('write', () => {
        for (const array of this.#arrays) array.flush()
        this.#file.close()
      })
      await this.sync()
    } finally {
      await this.#release()
    }
  }

  /** Closes the file as it is. Safe to call twice, and after `close`. */
  async abort(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      this.#file.close()
    } catch {
      // It could not be written before; what is in it is all there will be.
    }
    await this.#release()
  }

  /** Closes the file and removes it. */
  async discard(): Promise<void> {
    await this.abort()
    await rm(this.path, { force: true })
  }

  async #release(): Promise<void> {
    for (const array of this.#arrays) array.release()
    this.#arrays.clear()
    await this.#handle.close()
  }

  #entity(path: string): Group | Dataset {
    const found = path === '/' ? this.#file : this.#file.get(path)
    if (found !== null && 'create_attribute' in found) return found as Group | Dataset
    throw new RecorderError(this.path, `there is no '${path}' in it`)
  }

  /** The group of a path, and the name in it. */
  #locate(path: string): [group: Group, name: string] {
    const cut = path.lastIndexOf('/')
    return [this.#entity(path.slice(0, cut) || '/') as Group, path.slice(cut + 1)]
  }

  #attempt<T>(verb: string, action: () => T): T {
    try {
      return action()
    } catch (cause) {
      if (cause instanceof RecorderError) throw cause
      throw new RecorderError(this.path, `cannot ${verb}: ${hdfReason(cause)}`, { cause })
    }
  }
}

function typeOf(value: HdfValue): Dtype {
  if (typeof value === 'number' || value instanceof Float64Array) return '<d'
  if (typeof value === 'bigint') return '<q'
  if (value instanceof Int32Array) return '<i'
  const first = Array.isArray(value) ? (value as readonly unknown[])[0] : value
  return typeof first === 'object' ? 'Reference' : 'S'
}

function shapeOf(value: HdfValue): number[] {
  return Array.isArray(value) || ArrayBuffer.isView(value) ? [(value as { length: number }).length] : []
}

/** As h5wasm takes it. A text ends at a zero byte in the file, so there is none in it. */
function plain(value: HdfValue): GuessableDataTypes {
  if (typeof value === 'string') return value.replaceAll('\0', '')
  if (typeof value === 'bigint') return BigInt64Array.of(value)
  if (!Array.isArray(value)) return value as GuessableDataTypes
  return (value as unknown[]).map((each) => (typeof each === 'string' ? each.replaceAll('\0', '') : each)) as string[]
}

/** No rows, column by column for a compound. */
function nothingOf(type: Dtype): GuessableDataTypes {
  return Array.isArray(type) ? new Map((type as [string, string][]).map(([name]) => [name, []])) : []
}
