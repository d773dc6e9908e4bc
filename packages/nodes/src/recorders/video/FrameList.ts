/**
 * `<name>.frames.csv`: which frame of the file is which of the stream, and when it was. One line for each frame, before it goes
 * to the encoder, and one for each range that is lost:
 *
 *   frame,run,index,utc,mono,time,lost,cause
 *   0,0,1,2026-03-01T14:05:09.123456Z,8123.456789,measured,,      frame 0 of the file is frame 1 of the stream
 *   ,0,2,,,,3,overrun                                             frames 2 to 4 of the stream never came
 *
 * `run` counts starts of the source; `mono`: s of this machine's monotonic clock; `time`: `measured` by the stream's clock, or
 * `arrival`.
 */
import { OutputFile } from '../../files/output/OutputFile.ts'

const HEAD = 'frame,run,index,utc,mono,time,lost,cause\n'

export interface FrameEntry {
  /** In the file, from 0. */
  readonly frame: number
  readonly run: number
  readonly index: number
  /** ns since 1970 */
  readonly utc: bigint
  /** s */
  readonly mono: number
  readonly isMeasured: boolean
}

export class FrameList {
  readonly path: string
  readonly #file: OutputFile

  private constructor(file: OutputFile) {
    this.path = file.path
    this.#file = file
  }

  /** @throws RecorderError */
  static async create(path: string): Promise<FrameList> {
    const list = new FrameList(await OutputFile.create(path))
    await list.#file.append(Buffer.from(HEAD))
    return list
  }

  async add({ frame, run, index, utc, mono, isMeasured }: FrameEntry): Promise<void> {
    const time = isMeasured ? 'measured' : 'arrival'
    await this.#put(`${frame},${run},${index},${isoMicros(utc)},${mono.toFixed(6)},${time},,`)
  }

  async addGap(run: number, { from, to, cause }: { from: number; to: number; cause: string }): Promise<void> {
    await this.#put(`,${run},${from},,,,${to - from},${cause}`)
  }

  async sync(): Promise<void> {
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #put(line: string): Promise<void> {
    await this.#file.append(Buffer.from(`${line}\n`))
  }
}

function isoMicros(ns: bigint): string {
  const micros = ns / 1000n
  const millis = new Date(Number(micros / 1000n)).toISOString()
  return millis.replace('Z', `${String(micros % 1000n).padStart(3, '0')}Z`)
}
