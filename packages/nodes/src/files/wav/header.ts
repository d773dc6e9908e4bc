/**
 * WAV (RIFF) and RF64 (EBU Tech 3306; BW64, ITU-R BS.2088, has the same ds64); little-endian. Our own header is 104 bytes, the same
 * for both, so that a file that grows beyond 4 GiB becomes RF64 in place:
 *
 *     0  'RIFF' | 'RF64'   4  u32 bytes of the file - 8 | ffffffff    8  'WAVE'
 *    12  'JUNK' | 'ds64'  16  u32 28
 *    20  u64 bytes of the file - 8   28  u64 bytes of data   36  u64 frames   44  u32 0
 *    48  'fmt '           52  u32 40
 *    56  u16 fffe   58  u16 channels   60  u32 rate   64  u32 bytes/s   68  u16 bytes of a frame   70  u16 bits of a sample
 *    72  u16 22     74  u16 valid bits   76  u32 channel mask 0   80  GUID: 1 PCM, 3 float
 *    96  'data'          100  u32 bytes of data | ffffffff
 *   104  samples; a zero where their bytes are odd; then chunks `cue ` and `LIST`
 *
 * In a RIFF file the 28 bytes of JUNK hold the same 64-bit sizes, which readers skip.
 */

export const HEADER_SIZE = 104

/** Behind the first two bytes of the GUID of a sub-format. */
const GUID_TAIL = Buffer.from('0000000010008000' + '00aa00389b71', 'hex')

/** A size that says: look in ds64, or: not known yet. */
export const NO_SIZE = 0xffff_ffff

/** Codes of `fmt `. */
export const WAVE_FORMAT = { pcm: 1, float: 3, extensible: 0xfffe } as const

export interface WavFormat {
  readonly code: typeof WAVE_FORMAT.pcm | typeof WAVE_FORMAT.float
  readonly channels: number
  /** Hz */
  readonly rate: number
  /** Of a sample: 8, 16, 24, 32; float 32 or 64. */
  readonly bits: number
  /** Bytes of a frame: all channels once. */
  readonly frameBytes: number
}

/** @param dataBytes so far; the header is right for a file that ends behind them, a pad byte and `tailBytes` */
export function encodeWavHeader(format: WavFormat, dataBytes: number, tailBytes = 0): Buffer {
  const { code, channels, rate, bits, frameBytes } = format
  const riffBytes = HEADER_SIZE - 8 + dataBytes + (dataBytes % 2) + tailBytes
  const isLarge = riffBytes > NO_SIZE - 1
  const header = Buffer.alloc(HEADER_SIZE)
  header.write(isLarge ? 'RF64' : 'RIFF', 0, 'latin1')
  header.writeUInt32LE(isLarge ? NO_SIZE : riffBytes, 4)
  header.write(isLarge ? 'WAVEds64' : 'WAVEJUNK', 8, 'latin1')
  header.writeUInt32LE(28, 16)
  header.writeBigUInt64LE(BigInt(riffBytes), 20)
  header.writeBigUInt64LE(BigInt(dataBytes), 28)
  header.writeBigUInt64LE(BigInt(Math.floor(dataBytes / frameBytes)), 36)
  header.write('fmt ', 48, 'latin1')
  header.writeUInt32LE(40, 52)
  header.writeUInt16LE(WAVE_FORMAT.extensible, 56)
  header.writeUInt16LE(channels, 58)
  header.writeUInt32LE(rate, 60)
  // More than 32 bits can say: readers compute it themselves.
  header.writeUInt32LE(Math.min(NO_SIZE, rate * frameBytes), 64)
  header.writeUInt16LE(frameBytes, 68)
  header.writeUInt16LE(bits, 70)
  header.writeUInt16LE(22, 72)
  header.writeUInt16LE(bits, 74)
  header.writeUInt16LE(code, 80)
  GUID_TAIL.copy(header, 82)
  header.write('data', 96, 'latin1')
  header.writeUInt32LE(isLarge ? NO_SIZE : dataBytes, 100)
  return header
}

/**
 * Reads the content of a `fmt ` chunk.
 * @throws {Error} what is not read here, without the file
 */
export function parseFormat(bytes: Buffer): WavFormat {
  if (bytes.length < 16) throw new Error(`expected 16 bytes or more, got ${bytes.length}`)
  const tag = bytes.readUInt16LE(0)
  const [channels, rate, frameBytes] = [bytes.readUInt16LE(2), bytes.readUInt32LE(4), bytes.readUInt16LE(12)]
  if (tag === WAVE_FORMAT.extensible && bytes.length < 40)
    throw new Error(`expected 40 bytes of the extensible form, got ${bytes.length}`)
  const code = tag === WAVE_FORMAT.extensible ? bytes.readUInt16LE(24) : tag
  if (code !== WAVE_FORMAT.pcm && code !== WAVE_FORMAT.float)
    throw new Error(`expected plain numbers or floats (1 or 3), got the packed form 0x${code.toString(16)}`)
  const bits = bytes.readUInt16LE(14)
  const known = code === WAVE_FORMAT.pcm ? [8, 16, 24, 32] : [32, 64]
  // 20 bits are the upper ones of 24.
  const size = Math.ceil(bits / 8) * 8
  if (!known.includes(size)) throw new Error(`expected ${known.join(', ')} bits, got ${bits}`)
  if (channels === 0 || rate === 0) throw new Error(`expected channels and a rate, got ${channels} and ${rate}`)
  if (frameBytes !== (channels * size) / 8)
    throw new Error(`expected frames of ${(channels * size) / 8} bytes, got ${frameBytes}`)
  return { code, channels, rate, bits: size, frameBytes }
}

/** A marked place: `frame`, and how many frames it spans. */
export interface WavMark {
  readonly frame: number
  readonly frames: number
  readonly label: string
}

/** The chunks `cue ` and `LIST` that tell of marks, as bytes behind the samples. Places beyond 2^32 - 1 cannot be said. */
export function encodeMarks(marks: readonly WavMark[]): Buffer {
  if (marks.length === 0) return Buffer.alloc(0)
  const cue = Buffer.alloc(4 + 24 * marks.length)
  cue.writeUInt32LE(marks.length, 0)
  const labels: Buffer[] = [Buffer.from('adtl')]
  for (const [k, { frame, frames, label }] of marks.entries()) {
    const at = 4 + 24 * k
    cue.writeUInt32LE(k + 1, at)
    cue.writeUInt32LE(frame, at + 4)
    cue.write('data', at + 8, 'latin1')
    cue.writeUInt32LE(frame, at + 20)
    labels.push(chunk('labl', Buffer.concat([u32(k + 1), Buffer.from(`${label}\0`)])))
    if (frames > 0) {
      const region = Buffer.alloc(20)
      region.writeUInt32LE(k + 1, 0)
      region.writeUInt32LE(Math.min(NO_SIZE, frames), 4)
      region.write('rgn ', 8, 'latin1')
      labels.push(chunk('ltxt', region))
    }
  }
  return Buffer.concat([chunk('cue ', cue), chunk('LIST', Buffer.concat(labels))])
}

/** Reads `cue ` and the `LIST adtl` chunks. Marks without a label have ''. */
export function parseMarks(cue: Buffer | undefined, lists: readonly Buffer[]): WavMark[] {
  if (cue === undefined || cue.length < 4) return []
  const count = Math.min(cue.readUInt32LE(0), Math.floor((cue.length - 4) / 24))
  const [labels, spans] = [new Map<number, string>(), new Map<number, number>()]
  for (const list of lists) {
    for (const [id, content] of chunksIn(list, 4)) {
      if (content.length < 4) continue
      const mark = content.readUInt32LE(0)
      if (id === 'labl' || id === 'note') {
        const text = content.toString('utf8', 4).replace(/\0[^]*$/, '')
        if (!labels.has(mark) || id === 'labl') labels.set(mark, text)
      } else if (id === 'ltxt' && content.length >= 8) spans.set(mark, content.readUInt32LE(4))
    }
  }
  return Array.from({ length: count }, (_, k) => {
    const at = 4 + 24 * k
    const mark = cue.readUInt32LE(at)
    return { frame: cue.readUInt32LE(at + 20), frames: spans.get(mark) ?? 0, label: labels.get(mark) ?? '' }
  })
}

function* chunksIn(bytes: Buffer, start: number): Generator<[id: string, content: Buffer]> {
  for (let at = start; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 4)
    yield [bytes.toString('latin1', at, at + 4), bytes.subarray(at + 8, at + 8 + size)]
    at += 8 + size + (size % 2)
  }
}

function chunk(id: string, content: Buffer): Buffer {
  const pad = Buffer.alloc(content.length % 2)
  return Buffer.concat([Buffer.from(id, 'latin1'), u32(content.length), content, pad])
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}
