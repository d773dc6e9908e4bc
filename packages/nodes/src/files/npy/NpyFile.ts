import { NdArray, type DType } from '@nodeacq/ndarray'
import { OpenFile } from '../OpenFile.ts'
import { parseNpyHeader } from './npyHeader.ts'

/** The longest header that is looked for. */
const MAX_HEADER = 4096

/** A `.npy` file with one axis, open for reads of rows. */
export class NpyFile {
  readonly path: string
  readonly dtype: DType
  readonly length: number
  readonly #file: OpenFile
  readonly #dataOffset: number

  private constructor(file: OpenFile, { dtype, length, offset }: { dtype: DType; length: number; offset: number }) {
    this.path = file.path
    this.#file = file
    this.dtype = dtype
    this.length = length
    this.#dataOffset = offset
  }

  /**
   * The number of rows is that of the bytes which are there: a program that died has left an old number in the header. Where the two
   * differ, `warnings` gets a sentence. @throws RecordingFileError
   */
  static async open(path: string, warnings: string[]): Promise<NpyFile> {
    const file = await OpenFile.open(path)
    try {
      const { dtype, shape, dataOffset } = parseNpyHeader(path, await file.read(0, Math.min(MAX_HEADER, file.size)))
      const length = dtype.itemSize === 0 ? 0 : Math.floor((file.size - dataOffset) / dtype.itemSize)
      const said = shape.reduce((product, each) => product * each, 1)
      if (said !== length)
        warnings.push(`${path}: the header says ${said} items, the file holds ${length}; these count`)
      return new NpyFile(file, { dtype, length, offset: dataOffset })
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Rows `[from, to)`, in the byte order of this machine. */
  async read(from: number, to: number): Promise<NdArray> {
    const { itemSize } = this.dtype
    const bytes = await this.#file.read(this.#dataOffset + from * itemSize, (to - from) * itemSize)
    const items = NdArray.fromBuffer(bytes, { dtype: this.dtype, shape: [to - from] })
    return this.dtype.isNative ? items : items.astype(this.dtype.toNative())
  }

  /** All items as numbers; 64-bit integers lose what a double cannot hold. */
  async readNumbers(): Promise<Float64Array> {
    return (await this.read(0, this.length)).astype('float64').typed() as Float64Array
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
