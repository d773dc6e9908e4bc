import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeNpyHeader } from '../../files/npy/npyHeader.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'

/** One edge of a TTL line. */
export interface Edge {
  readonly index: number
  /** The line, negative where it goes down. */
  readonly state: number
}

export interface Message {
  readonly index: number
  readonly text: string
}

type Put = (path: string, content: Uint8Array) => Promise<void>
type Column = readonly [name: string, descr: string, items: ArrayBufferView]

/** Events of one recording. They are few beside samples: kept in memory, and written as a whole. */
export class EventFolders {
  readonly #path: string
  /** s, of a sample of stream `k` (TTL) */
  readonly #timeOf: (stream: number, index: number) => number
  readonly #messageStream: number
  readonly #folders: readonly string[]
  readonly #edges: Edge[][]
  readonly #messages: Message[] = []
  readonly #dirty: Set<number | 'messages'>

  /** @param folders of the streams */
  constructor(
    path: string,
    folders: readonly string[],
    { messageStream, timeOf }: { messageStream: number; timeOf: (stream: number, index: number) => number }
  ) {
    this.#path = path
    this.#folders = folders
    this.#messageStream = messageStream
    this.#timeOf = timeOf
    this.#edges = folders.map(() => [])
    // Readers want the same event channels in every recording, also where nothing happened.
    this.#dirty = new Set([...folders.keys(), 'messages'])
  }

  addPulse(stream: number, { line, from, to }: { line: number; from: number; to: number }): void {
    this.#edges[stream]!.push({ index: from, state: line }, { index: to, state: -line })
    this.#dirty.add(stream)
  }

  addMessage(message: Message): void {
    this.#messages.push(message)
    this.#dirty.add('messages')
  }

  /** Writes what changed since the last time, and puts it on the disk. */
  async sync(): Promise<void> {
    await this.#write(replaceFile)
  }

  /** Makes the files, which are empty yet and would be missed by readers only. */
  async create(): Promise<void> {
    await this.#write(writeFile)
  }

  async #write(put: Put): Promise<void> {
    for (const each of this.#dirty) await (each === 'messages' ? this.#writeMessages(put) : this.#writeEdges(each, put))
    this.#dirty.clear()
  }

  async #writeEdges(stream: number, put: Put): Promise<void> {
    // Down before up, where a line goes down and up again at one sample.
    const edges = this.#edges[stream]!.toSorted((a, b) => a.index - b.index || a.state - b.state)
    let word = 0n
    const words = BigUint64Array.from(edges, ({ state }) => {
      const bit = 1n << BigInt(Math.abs(state) - 1)
      word = state > 0 ? word | bit : word & ~bit
      return word
    })
    const path = join(this.#path, this.#folders[stream]!, 'TTL')
    await this.#writeColumns(path, stream, {
      put,
      indexes: edges.map(({ index }) => index),
      columns: [
        ['states', '<i2', Int16Array.from(edges, ({ state }) => state)],
        ['full_words', '<u8', words]
      ]
    })
  }

  async #writeMessages(put: Put): Promise<void> {
    const messages = this.#messages.toSorted((a, b) => a.index - b.index)
    const texts = messages.map(({ text }) => Buffer.from(text))
    const width = Math.max(1, ...texts.map(({ length }) => length))
    const bytes = Buffer.alloc(width * texts.length)
    for (const [k, text] of texts.entries()) text.copy(bytes, k * width)
    await this.#writeColumns(join(this.#path, 'MessageCenter'), this.#messageStream, {
      put,
      indexes: messages.map(({ index }) => index),
      columns: [['text', `|S${width}`, bytes]]
    })
  }

  async #writeColumns(
    path: string,
    stream: number,
    { put, indexes, columns }: { put: Put; indexes: readonly number[]; columns: readonly Column[] }
  ): Promise<void> {
    const times = Float64Array.from(indexes, (index) => this.#timeOf(stream, index))
    const all: Column[] = [
      ...columns,
      ['sample_numbers', '<i8', BigInt64Array.from(indexes, (index) => BigInt(index))],
      ['timestamps', '<f8', times]
    ]
    try {
      await mkdir(path, { recursive: true })
      for (const [name, descr, items] of all) {
        const bytes = Buffer.from(items.buffer, items.byteOffset, items.byteLength)
        await put(join(path, `${name}.npy`), Buffer.concat([encodeNpyHeader(descr, indexes.length), bytes]))
      }
    } catch (cause) {
      throw RecorderError.from(path, 'write', cause)
    }
  }
}
