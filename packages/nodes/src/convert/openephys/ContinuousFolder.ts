import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { OutputFile } from '../../files/output/OutputFile.ts'
import { NpyOutput } from './NpyOutput.ts'

/** Where the samples of one stream in one recording go: numbers, sample numbers, and times in s. */
export class ContinuousFolder {
  /** Index of the first sample, once there is one. */
  start: number | undefined
  rows = 0
  readonly #data: OutputFile
  readonly #numbers: NpyOutput
  readonly #times: NpyOutput
  #numberBuffer = new Uint32Array(0)
  #timeBuffer = new Float64Array(0)

  private constructor(data: OutputFile, numbers: NpyOutput, times: NpyOutput) {
    this.#data = data
    this.#numbers = numbers
    this.#times = times
  }

  static async create(path: string): Promise<ContinuousFolder> {
    await mkdir(path, { recursive: true })
    const data = await OutputFile.create(join(path, 'continuous.dat'))
    const numbers = await NpyOutput.create(join(path, 'sample_numbers.npy'), '<i8')
    return new ContinuousFolder(data, numbers, await NpyOutput.create(join(path, 'timestamps.npy'), '<f8'))
  }

  /** @param samples int16, `rows` of them, of sample `index` and on, which was at `time` */
  async append(samples: Uint8Array, rows: number, at: { index: number; time: number; rate: number }): Promise<void> {
    const { index, time, rate } = at
    this.start ??= index
    if (this.#timeBuffer.length < rows) {
      this.#timeBuffer = new Float64Array(rows)
      this.#numberBuffer = new Uint32Array(2 * rows)
    }
    for (let k = 0; k < rows; k++) {
      this.#timeBuffer[k] = time + k / rate
      // The low and the high half of an int64.
      this.#numberBuffer[2 * k] = index + k
      this.#numberBuffer[2 * k + 1] = Math.floor((index + k) / 0x1_0000_0000)
    }
    await this.#data.append(samples)
    await this.#numbers.append(new Uint8Array(this.#numberBuffer.buffer, 0, 8 * rows), rows)
    await this.#times.append(new Uint8Array(this.#timeBuffer.buffer, 0, 8 * rows), rows)
    this.rows += rows
  }

  async sync(): Promise<void> {
    await this.#data.sync()
    await this.#numbers.sync()
    await this.#times.sync()
  }

  async close(): Promise<void> {
    await this.#data.close()
    await this.#numbers.close()
    await this.#times.close()
  }
}
