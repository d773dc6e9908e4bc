/** A device as ffmpeg lists it. */
export interface FfmpegDevice {
  /** What `-i` takes. */
  readonly name: string
  readonly description: string
  readonly isDefault: boolean
}

export interface FfmpegDevices {
  readonly video: readonly FfmpegDevice[]
  readonly audio: readonly FfmpegDevice[]
}

/** `ffmpeg -sources FORMAT`: lines such as `* alsa_input.usb [Microphone] (none)`, the default with a star. */
export function parseSources(text: string): FfmpegDevice[] {
  return [...text.matchAll(/^([* ]) (\S+) \[(.*)\] \(.*\)\s*$/gm)].map(([, star, name = '', description = '']) => ({
    name,
    description,
    isDefault: star === '*'
  }))
}

/** `ffmpeg -f avfoundation -list_devices true -i ""`: a title, then lines such as `[AVFoundation …] [0] FaceTime`. */
export function parseAvfoundation(text: string): FfmpegDevices {
  const found = { video: [] as FfmpegDevice[], audio: [] as FfmpegDevice[] }
  let kind: 'video' | 'audio' | undefined
  for (const line of text.split('\n')) {
    const title = /AVFoundation (video|audio) devices:/.exec(line)?.[1]
    if (title !== undefined) kind = title as 'video' | 'audio'
    const [, name, description] = /^\[AVFoundation [^\]]*\] \[(\d+)\] (.+?)\s*$/.exec(line) ?? []
    if (kind && name !== undefined && description !== undefined) {
      found[kind].push({ name, description, isDefault: name === '0' })
    }
  }
  return found
}

/**
 * `ffmpeg -list_devices true -f dshow -i dummy`: lines such as `[dshow @ …] "USB Camera" (video)`. Older versions write a
 * title before the devices of a kind instead. Lines with an alternative name are passed over.
 */
export function parseDshow(text: string): FfmpegDevices {
  const found = { video: [] as FfmpegDevice[], audio: [] as FfmpegDevice[] }
  let kind: string | undefined
  for (const line of text.split('\n')) {
    kind = /DirectShow (video|audio) devices/.exec(line)?.[1] ?? kind
    const [, name, own] = /^\[dshow[^\]]*\]\s+"([^"]+)"(?: \((.*)\))?\s*$/.exec(line) ?? []
    if (name === undefined || name.startsWith('@')) continue
    // A device that gives both is listed as (audio, video).
    for (const each of ['video', 'audio'] as const) {
      if (!(own ?? kind)?.includes(each)) continue
      found[each].push({ name, description: name, isDefault: found[each].length === 0 })
    }
  }
  return found
}
