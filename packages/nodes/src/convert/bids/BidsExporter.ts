/**
 * Writes a recording into a dataset of BIDS (Brain Imaging Data Structure 1.10): samples as BrainVision, EDF or BDF, tables and JSON
 * beside them, the lists of the dataset, and in `sourcedata` the recording that it was made of. What is in the dataset stays.
 */
import { constants, existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import type { NdArray } from '@nodeacq/ndarray'
import { addSeconds } from '../../files/localTime.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { brainVisionTarget } from '../brainvision/BrainVisionExporter.ts'
import type { Exporter, ExportEvent, ExportGap, ExportHead, ExportResult, ExportTarget } from '../Exporter.ts'
import { bdfTarget, edfTarget } from '../edf/edfTargets.ts'
import { whyNotSignal } from '../whyNotSignal.ts'
import { BidsFile } from './BidsFile.ts'
import { addToDataset, checkDataset } from './dataset.ts'
import { bidsNames } from './names.ts'
import { bidsOptions, sampleFormat, type BidsOptions } from './options.ts'

class BidsExporter implements Exporter {
  readonly #path: string
  readonly #head: ExportHead
  readonly #options: BidsOptions
  readonly #files: readonly BidsFile[]
  /** File of each stream, and its place in it. */
  readonly #places: readonly { readonly file: BidsFile; readonly place: number }[]
  #source: string | undefined

  private constructor(path: string, head: ExportHead, files: readonly BidsFile[]) {
    this.#path = path
    this.#head = head
    this.#options = head.options as unknown as BidsOptions
    this.#files = files
    this.#places = head.streams.map((_, k) =>
      files.length === 1 ? { file: files[0]!, place: k } : { file: files[k]!, place: 0 }
    )
  }

  static async open(path: string, head: ExportHead): Promise<BidsExporter> {
    const options = head.options as unknown as BidsOptions
    const target = TARGETS[sampleFormat(options)]
    await checkDataset(path, options)
    const groups = target.holdsOneStream === true ? head.streams.map((each) => [each]) : [head.streams]
    const files: BidsFile[] = []
    try {
      for (const [k, streams] of groups.entries()) {
        // A label for what does not go into the first file.
        const acquisition =
          k === 0 ? options.acquisition : `${options.acquisition ?? ''}${labelOf(streams[0]!.name, k)}`
        const { base } = bidsNames(path, options, { part: head.part, acquisition })
        files.push(await BidsFile.open(base, target, { head, streams, options }))
      }
      return new BidsExporter(path, head, files)
    } catch (error) {
      for (const file of files) {
        await file.abort()
        for (const each of file.files) await rm(each, { force: true })
      }
      throw error
    }
  }

  get files(): readonly string[] {
    return [...this.#files.flatMap((file) => file.files), ...(this.#source === undefined ? [] : [this.#source])]
  }

  async samples(stream: number, index: number, block: NdArray): Promise<void> {
    const { file, place } = this.#places[stream]!
    await file.samples(place, index, block)
  }

  async gap(stream: number, gap: ExportGap): Promise<void> {
    const { file, place } = this.#places[stream]!
    await file.gap(place, gap)
  }

  /** Events are told in the file of their stream. */
  async event(event: ExportEvent): Promise<void> {
    const { file, place } = this.#places[event.stream]!
    await file.event({ ...event, stream: place })
  }

  async sync(): Promise<void> {
    for (const file of this.#files) await file.sync()
  }

  async close(): Promise<ExportResult> {
    const results: ExportResult[] = []
    for (const file of this.#files) results.push(await file.close())
    if (this.#options.sourcedata) await this.#copySource()
    const { session, prefix } = bidsNames(this.#path, this.#options)
    const { startTime } = this.#head
    for (const file of this.#files) {
      const acquired = startTime && addSeconds(startTime, file.start)
      await addToDataset(this.#path, this.#options, { session, prefix, file: file.scan, acquired })
    }
    return {
      streams: results.flatMap(({ streams }) => streams),
      events: results.reduce((sum, { events }) => sum + events, 0),
      dropped: [...new Set(results.flatMap(({ dropped }) => dropped))]
    }
  }

  async abort(): Promise<void> {
    for (const file of this.#files) await file.abort()
  }

  /** What is made of one recording in several parts has one copy of it. */
  async #copySource(): Promise<void> {
    const { source } = this.#head
    if (!existsSync(source) || PARTS_OF_MORE.has(extname(source))) return
    const copy = `${bidsNames(this.#path, this.#options).source}${extname(source)}`
    if ((this.#head.part ?? 1) > 1 && existsSync(copy)) return
    try {
      await mkdir(dirname(copy), { recursive: true })
      this.#source = copy
      // Without a second copy of the bytes, where the file system can.
      await cp(source, copy, { recursive: true, mode: constants.COPYFILE_FICLONE })
    } catch (cause) {
      throw RecorderError.from(copy, 'copy the recording', cause)
    }
  }
}

/** Files that say nothing without others, or under another name. */
const PARTS_OF_MORE: ReadonlySet<string> = new Set(['.vhdr', '.vmrk', '.eeg', '.meta', '.bin', '.json', '.oebin'])

const TARGETS: Readonly<Record<'brainvision' | 'edf' | 'bdf', ExportTarget>> = {
  brainvision: brainVisionTarget,
  edf: edfTarget,
  bdf: bdfTarget
}

function labelOf(stream: string, k: number): string {
  return stream.replaceAll(/[^0-9A-Za-z]/g, '') || `stream${k + 1}`
}

/** BIDS. */
export const bidsTarget: ExportTarget = {
  name: 'bids',
  description:
    'BIDS: a dataset folder with samples as BrainVision, EDF or BDF, tables, and the recording itself in sourcedata',
  extension: '',
  gaps: ['fill', 'native', 'split'],
  isShared: true,
  optionsSchema: bidsOptions,
  filesOf(path, options, part) {
    const { base } = bidsNames(path, options as unknown as BidsOptions, { part })
    const { datatype } = options as unknown as BidsOptions
    const data = TARGETS[sampleFormat(options as unknown as BidsOptions)]
    const first = `${base}_${datatype}${data.extension}`
    const tables = [`_${datatype}.json`, '_channels.tsv', '_events.tsv', '_events.json'].map(
      (suffix) => `${base}${suffix}`
    )
    return [...(data.filesOf?.(first, {}) ?? [first]), ...tables]
  },
  sidecarOf: (path, options) => `${bidsNames(path, options as unknown as BidsOptions).source}.nodeacq.json`,
  whyNot: whyNotSignal,
  needsRange: (stream, options) =>
    TARGETS[sampleFormat(options as unknown as BidsOptions)].needsRange?.(stream, {}) === true,
  open: (path, head) => BidsExporter.open(path, head)
}
