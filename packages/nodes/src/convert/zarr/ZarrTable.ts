import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseDType, type DType } from '@nodeacq/ndarray'
import { METADATA_FILE, type ZarrGroupMetadata } from '../../files/zarr/metadata.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile, syncFolder } from '../../files/output/replaceFile.ts'
import { ZarrArray } from './ZarrArray.ts'

/** Makes a group. @throws RecorderError, also when it is there */
export async function makeGroup(folder: string, attributes: Readonly<Record<string, unknown>>): Promise<void> {
  const metadata: ZarrGroupMetadata = { zarr_format: 3, node_type: 'group', attributes }
  try {
    await mkdir(folder)
    await replaceFile(join(folder, METADATA_FILE), JSON.stringify(metadata, undefined, 2))
    await syncFolder(dirname(folder))
  } catch (cause) {
    throw RecorderError.from(folder, 'make the group', cause)
  }
}

/** Rows of a chunk of each column. */
const CHUNK_ROWS = 1024

/**
 * A group, made with its first row, with a column of int64 for each number of a row, and one of codes for its text: the attribute `texts` of that column is
 * the list that the codes count in. (Zarr has no type for texts that every reader knows.)
 */
export class ZarrTable {
  readonly #folder: string
  readonly #names: { readonly numbers: readonly string[]; readonly text: string }
  #numbers: readonly ZarrArray[] = []
  #codes: ZarrArray | undefined
  readonly #codeOf = new Map<string, number>()

  constructor(folder: string, names: { readonly numbers: readonly string[]; readonly text: string }) {
    this.#folder = folder
    this.#names = names
  }

  get rows(): number {
    return this.#codes?.rows ?? 0
  }

  get arrays(): readonly ZarrArray[] {
    return this.#codes === undefined ? [] : [...this.#numbers, this.#codes]
  }

  async append(numbers: readonly number[], text: string): Promise<void> {
    this.#codes ??= await this.#make()
    for (const [k, array] of this.#numbers.entries()) {
      await array.append(new Uint8Array(BigInt64Array.of(BigInt(Math.round(numbers[k]!))).buffer))
    }
    let code = this.#codeOf.get(text)
    if (code === undefined) {
      code = this.#codeOf.size
      this.#codeOf.set(text, code)
      this.#codes.setAttributes({ texts: [...this.#codeOf.keys()] })
    }
    await this.#codes.append(new Uint8Array(Int32Array.of(code).buffer))
  }

  /** @returns the column of codes */
  async #make(): Promise<ZarrArray> {
    await makeGroup(this.#folder, {})
    const options = { chunkRows: CHUNK_ROWS, dimensions: ['row'] }
    const int64 = parseDType('int64')
    const create = (name: string, dtype: DType): Promise<ZarrArray> =>
      ZarrArray.create(join(this.#folder, name), { ...options, dtype })
    this.#numbers = await Promise.all(this.#names.numbers.map((name) => create(name, int64)))
    return await create(this.#names.text, parseDType('int32'))
  }
}
