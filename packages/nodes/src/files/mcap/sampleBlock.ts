/**
 * A block of samples as a message: a MessagePack map whose values always have their widest form, so that every part has its
 * place and any MessagePack library reads it. Numbers of the head are big-endian, the samples little-endian, in C order.
 *
 *   offset  bytes
 *        0  85                    map of 5
 *        1  a5 index  cf u64      index of the first sample
 *       16  a5 count  ce u32      samples
 *       27  a4 mono   cf u64      ns of this host's monotonic clock when the block arrived
 *       41  a3 crc    ce u32      CRC-32 of the samples' bytes
 *       50  a4 data   c6 u32      bytes of the samples, which follow
 */
const TEMPLATE = Buffer.concat([
  Buffer.from('\x85\xa5index\xcf', 'latin1'),
  Buffer.alloc(8),
  Buffer.from('\xa5count\xce', 'latin1'),
  Buffer.alloc(4),
  Buffer.from('\xa4mono\xcf', 'latin1'),
  Buffer.alloc(8),
  Buffer.from('\xa3crc\xce', 'latin1'),
  Buffer.alloc(4),
  Buffer.from('\xa4data\xc6', 'latin1'),
  Buffer.alloc(4)
])
const AT = { index: 8, count: 23, mono: 33, crc: 46, length: 56 } as const
/** Every byte of the head that is the same in all blocks. */
const FIXED = [...TEMPLATE.keys()].filter((k) => !inValue(k))

function inValue(k: number): boolean {
  const within = (at: number, size: number): boolean => k >= at && k < at + size
  return within(AT.index, 8) || within(AT.count, 4) || within(AT.mono, 8) || within(AT.crc, 4) || within(AT.length, 4)
}

export const BLOCK_HEAD = TEMPLATE.length

export interface BlockHead {
  /** Of the first sample. */
  readonly index: number
  readonly count: number
  /** ns. */
  readonly mono: bigint
  /** Of the samples' bytes. */
  readonly crc: number
  /** Bytes of the samples. */
  readonly length: number
}

/** Writes the head of a block; the samples belong behind it. */
export function writeBlockHead(target: Buffer, at: number, { index, count, mono, crc, length }: BlockHead): void {
  TEMPLATE.copy(target, at)
  target.writeBigUInt64BE(BigInt(index), at + AT.index)
  target.writeUInt32BE(count, at + AT.count)
  target.writeBigUInt64BE(mono, at + AT.mono)
  target.writeUInt32BE(crc, at + AT.crc)
  target.writeUInt32BE(length, at + AT.length)
}

/** Index of the first sample of a block of which only the head is at hand; undefined when it is none. */
export function readBlockIndex(head: Buffer): number | undefined {
  if (head.length < BLOCK_HEAD || FIXED.some((k) => head[k] !== TEMPLATE[k])) return undefined
  return Number(head.readBigUInt64BE(AT.index))
}

/** The head of a block, and its samples, as they are in `message`; undefined when it is none. */
export function readBlock(message: Buffer): (BlockHead & { readonly data: Buffer }) | undefined {
  if (message.length < BLOCK_HEAD || FIXED.some((k) => message[k] !== TEMPLATE[k])) return undefined
  const length = message.readUInt32BE(AT.length)
  if (length !== message.length - BLOCK_HEAD) return undefined
  return {
    index: Number(message.readBigUInt64BE(AT.index)),
    count: message.readUInt32BE(AT.count),
    mono: message.readBigUInt64BE(AT.mono),
    crc: message.readUInt32BE(AT.crc),
    length,
    data: message.subarray(BLOCK_HEAD)
  }
}
