import { open, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { RecordingFileError } from '../errors.ts'
import type { SampleFile } from './SampleFile.ts'
import { brainVisionFormat } from './brainvision/BrainVisionFile.ts'
import { edfFormat } from './edf/EdfFile.ts'
import { mcapFormat } from './mcap/McapFile.ts'
import { openEphysFormat } from './openephys/OpenEphysFile.ts'
import { hdfFormat } from './hdf5/hdfFormat.ts'
import { rawRecordingFormat } from './raw/RawRecording.ts'
import { zarrFormat } from './zarr/ZarrRecording.ts'
import { spikeGlxFormat } from './spikeglx/SpikeGlxFile.ts'
import { wavFormat } from './wav/WavFile.ts'
import { xdfFormat } from './xdf/XdfFile.ts'

/** What is known of a path before a format opens it. */
export interface FileProbe {
  readonly path: string
  /** Lower case with the dot, such as `.edf`. */
  readonly extension: string
  readonly isDirectory: boolean
  /** The first bytes (up to 256), empty for a folder. */
  readonly head: Uint8Array
}

/** One file format. A format that recognises the content is preferred to one that recognises the extension. */
export interface FileFormat {
  readonly name: string
  /** Lower case with the dot. */
  readonly extensions: readonly string[]
  matches(probe: FileProbe): boolean | Promise<boolean>
  open(path: string): Promise<SampleFile>
}

const formats: FileFormat[] = [
  mcapFormat,
  edfFormat,
  brainVisionFormat,
  hdfFormat,
  xdfFormat,
  wavFormat,
  rawRecordingFormat,
  zarrFormat,
  openEphysFormat,
  spikeGlxFormat
]

/** Adds a format; it is asked before those already there. */
export function registerFileFormat(format: FileFormat): void {
  formats.unshift(format)
}

/** The formats that `openSampleFile` knows. */
export function fileFormats(): readonly FileFormat[] {
  return formats
}

/**
 * Opens a recording: a Recorder's (`.mcap`), EDF, EDF+, BDF, BDF+ (`.edf`, `.bdf`, `.rec`), BrainVision (`.vhdr`, or its `.eeg`/`.vmrk`),
 * XDF, WAV, NWB, nodeacq's HDF5 and Zarr, the folder of a RawRecorder, Open Ephys' binary format (session, experiment or recording), or SpikeGLX (`.bin` with its `.meta`, or
 * the folder of a run).
 * @throws RecordingFileError when it is none of them, or damaged beyond reading
 */
export async function openSampleFile(path: string): Promise<SampleFile> {
  const probe = await probeFile(path)
  for (const format of formats) {
    if (await format.matches(probe)) return await format.open(path)
  }
  // A damaged head: let the format that the name promises say what is wrong.
  const promised = formats.find((format) => format.extensions.includes(probe.extension))
  if (promised !== undefined && !probe.isDirectory) return await promised.open(path)
  throw new RecordingFileError(path, {
    where: probe.isDirectory ? 'folder' : 'file',
    expected: `one of ${formats.map(({ name }) => name).join(', ')}`,
    got: probe.isDirectory ? 'a folder that holds none' : `an unknown format (${probe.extension || 'no extension'})`
  })
}

async function probeFile(path: string): Promise<FileProbe> {
  const extension = extname(path).toLowerCase()
  try {
    if ((await stat(path)).isDirectory()) return { path, extension, isDirectory: true, head: new Uint8Array() }
    await using handle = await open(path, 'r')
    const { buffer, bytesRead } = await handle.read(new Uint8Array(256), 0, 256, 0)
    return { path, extension, isDirectory: false, head: buffer.subarray(0, bytesRead) }
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new RecordingFileError(path, { where: 'file', expected: 'a readable file or folder', got, cause })
  }
}
