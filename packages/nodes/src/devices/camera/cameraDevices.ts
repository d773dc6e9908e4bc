import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAvfoundation, parseDshow } from '../programs/ffmpegDevices.ts'
import { requireProgram } from '../programs/findProgram.ts'
import { runProgram } from '../programs/runProgram.ts'

/** A camera of this machine. */
export interface CameraDevice {
  /** What a node's `cameraNum` takes: on Linux the N of `/dev/videoN`. */
  readonly index: number
  /** What a node's `cameraName` takes. */
  readonly name: string
  readonly description: string
}

/** ffmpeg's kind of input for the cameras of each system. */
export const CAMERA_FORMATS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'v4l2',
  darwin: 'avfoundation',
  win32: 'dshow'
}

/**
 * The cameras of this machine.
 *
 * @throws {MissingPackageError} on macOS and Windows, where ffmpeg lists them
 */
export async function cameraDevices(subject: string): Promise<CameraDevice[]> {
  if (process.platform === 'linux') return await linuxCameras()
  const args = LISTS[process.platform]
  if (args === undefined) return []
  const file = await requireProgram('ffmpeg', subject)
  const { stderr } = await runProgram({ file, args: ['-hide_banner', ...args] })
  const { video } = process.platform === 'darwin' ? parseAvfoundation(stderr) : parseDshow(stderr)
  return video.map(({ name, description }, index) => ({ index, name, description }))
}

const LISTS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['-f', 'avfoundation', '-list_devices', 'true', '-i', ''],
  win32: ['-list_devices', 'true', '-f', 'dshow', '-i', 'dummy']
}

/** The kernel's list. A camera has further nodes for its settings; the first gives the video. */
async function linuxCameras(folder = '/sys/class/video4linux'): Promise<CameraDevice[]> {
  const entries = await readdir(folder).catch(() => [])
  const found: CameraDevice[] = []
  for (const entry of entries) {
    const number = /^video(\d+)$/.exec(entry)?.[1]
    const read = (file: string) => readFile(join(folder, entry, file), 'utf8').catch(() => '')
    if (number === undefined || (await read('index')).trim() !== '0') continue
    found.push({ index: Number(number), name: `/dev/${entry}`, description: (await read('name')).trim() })
  }
  return found.toSorted((a, b) => a.index - b.index)
}
