import { encodeNpyHeader } from '../../files/npy/npyHeader.ts'
import { OutputFile } from '../../files/output/OutputFile.ts'

/** A `.npy` file with one axis that grows; its header tells the rows as of the last `sync`. */
export class NpyOutput {
  readonly #file: OutputFile
  readonly #descr: string
  #rows = 0
  #told = 0

  private constructor(file: OutputFile, descr: string) {
    this.#file = file
    this.#descr = descr
  }

  /** @param descr as numpy writes it, such as `<i8`. @throws RecorderError */
  static async create(path: string, descr: string): Promise<NpyOutput> {
    const file = await OutputFile.create(path)
    await file.append(encodeNpyHeader(descr, 0))
    return new NpyOutput(file, descr)
  }

  async append(items: Uint8Array, rows: number): Promise<void> {
    await this.#file.append(items)
    this.#rows += rows
  }

  async sync(): Promise<void> {
    if (this.#told !== this.#rows) await this.#file.patch(encodeNpyHeader(this.#descr, this.#rows), 0)
    this.#told = this.#rows
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
