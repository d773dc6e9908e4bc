import { ConfigError, DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import { z } from 'zod'
import { CAMERA_FORMATS, cameraDevices, type CameraDevice } from './camera/cameraDevices.ts'
import { captureCall, probeCamera, type CameraPicture, type CameraSource } from './camera/CameraSource.ts'
import { FrameInfos, isRoutine, parseFrameInfo } from './camera/FrameInfos.ts'
import { FrameTrack } from './camera/FrameTrack.ts'
import { BlockAssembler } from './programs/BlockAssembler.ts'
import type { ProgramCall } from './programs/DeviceProgram.ts'
import { ProgramReader } from './programs/ProgramReader.ts'

const config = z.object({
  cameraNum: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('which camera: on Linux the N of /dev/videoN, else its place in the list')
    .meta({ pyacq: 'camera_num' }),
  cameraName: z
    .string()
    .min(1)
    .nullish()
    .describe('which camera, by its name: a path such as /dev/video2, or what the system calls it; before cameraNum')
    .meta({ pyacq: 'camera_name' }),
  size: z
    .string()
    .regex(/^\d{1,5}x\d{1,5}$/, 'expected <width>x<height>, such as 640x480')
    .nullish()
    .describe("size of the picture, such as 640x480; default the camera's own")
    .meta({ pyacq: 'video_size' }),
  frameRate: z
    .union([z.number().positive(), z.string().min(1)])
    .nullish()
    .describe("frames per second; default the camera's own")
    .meta({ pyacq: 'framerate' }),
  inputFormat: z
    .string()
    .nullish()
    .describe("how the camera sends pictures, such as mjpeg (ffmpeg's -input_format or -pixel_format); default its own")
    .meta({ pyacq: 'input_format' }),
  options: z
    .record(z.string().regex(/^\w+$/), z.string())
    .default({})
    .describe("further options of ffmpeg's input, without the dash"),
  lavfi: z
    .string()
    .min(1)
    .nullish()
    .describe("a source of ffmpeg's in place of a camera, such as testsrc=size=640x480:rate=30")
})

type Config = z.infer<typeof config>

/** Frames that may wait for one slow PUB/SUB consumer; pictures are large. */
const HIGH_WATER_MARK = 30
const COLOURS = 3

/**
 * Frames of a camera, through ffmpeg, as pyacq's WebCamAV and WebCamImageIO.
 *
 * Output `video`: one frame `(height, width, 3)` uint8 RGB in each chunk, `(1, height, width, 3)` in shared memory; its index
 * counts frames, from 1. Frames that the camera or ffmpeg dropped, or that are missing because the camera was away, are gaps.
 * The times of the camera are the device's clock: on Linux ms of the epoch, else from its start.
 */
export class Camera extends Node<Config> {
  static override readonly description = 'Frames of a camera, or of a test picture, through ffmpeg, as WebCamAV.'
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    video: { streamType: 'video', dtype: 'uint8', highWaterMark: HIGH_WATER_MARK }
  } as const
  #source: CameraSource | undefined
  #picture: CameraPicture = { width: 0, height: 0, frameRate: 0 }
  #call: ProgramCall | undefined
  #counts = { missingFrames: 0, reconnects: 0 }

  protected override async _configure(options: Config): Promise<void> {
    const source = await this.#sourceOf(options)
    const picture = await probeCamera(source, this._subject)
    this.#call = await captureCall(source, this._subject)
    this.#source = source
    this.#picture = picture
    const { width, height, frameRate } = picture
    if (options.size != null && options.size !== `${width}x${height}`) {
      this.log.warning(`${this._subject}: the camera gives ${width}x${height} instead of ${options.size}`)
    }
    await describeOutput(this.output, { ...this.#chunks(), sampleRate: frameRate })
  }

  /** A ring counts along its first axis, so frames need one of their own there; elsewhere pyacq's consumers expect none. */
  protected override async _afterOutputConfigure(): Promise<void> {
    if (this.#source) await describeOutput(this.output, this.#chunks())
  }

  #chunks(): { shape: number[]; accounting: 'samples' | 'messages' } {
    const { width, height } = this.#picture
    const frame = [height, width, COLOURS]
    const isRing = this.output.isConfigured && this.output.info.transferMode === 'sharedmem'
    return isRing ? { shape: [-1, ...frame], accounting: 'samples' } : { shape: frame, accounting: 'messages' }
  }

  async #sourceOf({
    cameraNum,
    cameraName,
    lavfi,
    size,
    frameRate,
    inputFormat,
    ...rest
  }: Config): Promise<CameraSource> {
    const options = Object.entries(rest.options).flatMap(([name, value]) => [`-${name}`, value])
    if (lavfi != null) {
      const refused = Object.entries({ cameraName, size, frameRate, inputFormat }).filter(([, value]) => value != null)
      if (refused.length > 0) {
        const problems = refused.map(([name]) => `'${name}': expected nothing beside 'lavfi', which says it itself`)
        throw new ConfigError(this._subject, problems)
      }
      return { format: 'lavfi', input: lavfi, options }
    }
    const format = CAMERA_FORMATS[process.platform]
    if (format === undefined) throw new DeviceError(`${this._subject}: no cameras on ${process.platform}`)
    if (size != null) options.push('-video_size', size)
    if (frameRate != null) options.push('-framerate', String(frameRate))
    if (inputFormat != null) options.push(format === 'v4l2' ? '-input_format' : '-pixel_format', inputFormat)
    const name = cameraName ?? (await this.#nameOf(cameraNum))
    return { format, input: format === 'dshow' ? `video=${name}` : name, options }
  }

  async #nameOf(number: number): Promise<string> {
    const cameras = await this.listCameras()
    const found = cameras.find(({ index }) => index === number)
    if (found) return found.name
    const there = cameras.map(({ index, name, description }) => `${index}: ${name} (${description})`).join(', ')
    throw new DeviceError(`${this._subject}: there is no camera ${number}; there are: ${there || 'none'}`)
  }

  /** The cameras of this machine. @throws {MissingPackageError} on macOS and Windows, without ffmpeg */
  listCameras(): Promise<CameraDevice[]> {
    return cameraDevices(this._subject)
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const counts = (this.#counts = { missingFrames: 0, reconnects: 0 })
    const { width, height, frameRate } = this.#picture
    const { format, input } = this.#source!
    const subject = `${this._subject}: ${input}`
    const blocks = new BlockAssembler(height * width * COLOURS)
    const infos = new FrameInfos()
    const track = new FrameTrack(frameRate)
    const dtype = parseDType('uint8')
    const shape = this.#chunks().shape.map(Math.abs)
    const reader = new ProgramReader({ call: this.#call!, subject, log: this.log })
    await reader.run(signal, {
      line: (line) => {
        const info = parseFrameInfo(line)
        if (info) infos.push(info)
        return info === undefined && !isRoutine(line)
      },
      begin: (isReturn) => {
        if (!isReturn) return
        counts.reconnects += 1
        track.beginAnew()
      },
      piece: async (bytes, at) => {
        for (const frame of blocks.push(bytes)) {
          const info = await infos.next()
          if (info && (info.width !== width || info.height !== height)) {
            const got = `${info.width}x${info.height}`
            throw new DeviceError(`${subject}: expected frames of ${width}x${height} as configured, got ${got}`)
          }
          const missing = track.take(info?.time ?? NaN, at / 1000)
          counts.missingFrames += missing
          if (missing > 0) this.log.warning(`${subject}: ${missing} frames are missing before frame ${track.index}`)
          const data = NdArray.fromBuffer(frame, { dtype, shape })
          await this.output.send(data, track.index, { handOver: true })
          if (info) this.output.markDeviceTime(track.index - 1, info.time * 1000)
        }
      },
      end: () => {
        // A frame that was cut is none; its place is by the time of the next.
        blocks.flush(1)
        infos.begin()
        return Promise.resolve()
      },
      isComplete: ({ code }) => format === 'lavfi' && code === 0
    })
  }

  /** `missingFrames`: frames that the camera or ffmpeg dropped; `reconnects`: times that the camera came back. */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(Camera)
