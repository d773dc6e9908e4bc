import { closeSync, fstatSync, ftruncateSync } from 'node:fs'
import { SharedMemError } from '../errors.ts'
import { allocate, mapFile, MAX_SHARED, type Mapping } from './mapFile.ts'
import { createShmFile, openShmFile } from './shmFile.ts'

/**
 * The control file beside a shared ring: which chunks lie in the ring, and who reads them. The writer and its nodeacq
 * readers map it for reading and writing; pyacq knows nothing of it. Numbers in the machine's own byte order:
 *
 *   0    magic      u32   `MAGIC`
 *   4    version    u32   2
 *   8    seats      u32   readers that it has room for
 *   12   chunks     u32   entries of the directory, a power of two
 *   16   size       f64   samples that the ring holds
 *   24   begin      f64   number of the first chunk in this file
 *   32   process    i32   the writer's; 0 once it has closed
 *   36   waits      i32   1: the writer waits until every reader has taken what is before `wanted`
 *   40   wanted     f64   number of a chunk
 *   48   heartbeat  f64   ms on the machine's clock at which the writer was alive, each second
 *   56   room       f64   bytes behind the directory for samples of earlier runs
 *   64   published  i64   number of the next chunk: those before it may be read
 *   128  written    i64   position behind the newest sample that is being written
 *   136  kept       i64   position behind the newest of those bytes; see transfer/keptSamples.ts
 *   192  seats, 64 bytes each:
 *          0   taken    i64   number of the next chunk that the reader has not taken
 *          8   asleep   i32   1: ring the bell at the next chunk
 *          12  process  i32   the reader's
 *          16  time     f64   ms on the machine's clock of the latest change of `taken`
 *   …    directory, 80 bytes for each chunk; chunk n is in entry n mod `chunks`:
 *          0   index    f64   of its last sample, plus one
 *          8   run      f64
 *          16  count    f64   samples in the ring
 *          24  step     f64   what it adds to the index
 *          32  position f64   behind its last sample
 *          40  time     f64   ms on the machine's clock, when it was sent
 *          48  news     f64   how much the output had declared on the side channel before
 *          56  hole     f64   what the source does not have between the chunk before and this one, in its run
 *          64  before   f64   index at which the run before ended
 *          72  kept     f64   position behind its samples among those of earlier runs; 0: they are not there
 *   …    room
 *
 * A position counts samples over all runs, in such a way that it lies in slot position mod `size`: a run begins at the
 * next multiple of `size`. So samples before `written - size` are gone from the ring, whatever run they are of.
 */
export interface ControlFile {
  readonly path: string
  readonly seats: number
  readonly chunks: number
  /** Samples of the ring. */
  readonly size: number
  readonly buffer: SharedArrayBuffer
  /** Bytes for samples of earlier runs, and where they begin. */
  readonly room: number
  readonly roomAt: number
  /** Makes sure that bytes `[from, to)` of them are there; for the writer. @throws {SharedMemError} when there is no room. */
  allocate(from: number, to: number): void
  /** Safe to call twice. */
  close(): void
}

const MAGIC = 0x7163_616e
const VERSION = 2
const SEATS = 64
const MAX_SEATS = 4096
const LEAST_CHUNKS = 64
/** Most chunks that are known at a time, however small they are: 5 MiB. */
const MOST_CHUNKS = 65_536
const SEATS_AT = 192
const SEAT_BYTES = 64
export const ENTRY_WORDS = 10

/** Where things are, in words of 8 or of 4 bytes. */
export const AT = {
  size64: 2,
  begin64: 3,
  process32: 8,
  waits32: 9,
  wanted64: 5,
  heartbeat64: 6,
  room64: 7,
  published64: 8,
  written64: 16,
  kept64: 17
} as const
export const SEAT = { taken64: 0, asleep32: 2, process32: 3, time64: 2 } as const
export const ENTRY = {
  index: 0,
  run: 1,
  count: 2,
  step: 3,
  position: 4,
  time: 5,
  news: 6,
  hole: 7,
  before: 8,
  kept: 9
} as const

/** First word of 8 bytes of a seat. */
export function seatAt(seat: number): number {
  return (SEATS_AT + seat * SEAT_BYTES) / 8
}

/** First word of 8 bytes of the directory. */
export function directoryAt(seats: number): number {
  return seatAt(seats)
}

function byteLength(seats: number, chunks: number): number {
  return SEATS_AT + seats * SEAT_BYTES + chunks * ENTRY_WORDS * 8
}

/**
 * Makes the control file of a ring of `size` samples of `sampleBytes` each; undefined where memory cannot be shared as it
 * needs. It has room for as many samples of earlier runs, which takes memory when it is used.
 * @throws {SharedMemError} when there is no room.
 */
export function createControlFile(size: number, sampleBytes: number): ControlFile | undefined {
  const chunks = Math.min(MOST_CHUNKS, Math.max(LEAST_CHUNKS, 2 ** Math.ceil(Math.log2(size + 1))))
  const roomAt = byteLength(SEATS, chunks)
  const room = roomAt + size * sampleBytes <= MAX_SHARED ? size * sampleBytes : 0
  const file = createShmFile(roomAt)
  ftruncateSync(file.fd, roomAt + room)
  const mapping = mapFile(file.fd, roomAt + room, { writable: true })
  const buffer = sharedOf(mapping)
  if (buffer === undefined) {
    mapping?.close()
    file.close()
    return undefined
  }
  new Uint32Array(buffer, 0, 4).set([MAGIC, VERSION, SEATS, chunks])
  const words = new Float64Array(buffer, 0, 8)
  words[AT.size64] = size
  words[AT.room64] = room
  return {
    ...{ path: file.path, seats: SEATS, chunks, size, buffer, room, roomAt },
    allocate: (from, to) => {
      if (to <= from || allocate(file.fd, to - from, file.path, roomAt + from)) return
      throw new SharedMemError(file.path, `no room for ${to - from} bytes more`)
    },
    close: () => {
      mapping?.close()
      file.close()
    }
  }
}

/**
 * Maps the control file of somebody else's ring, which has `size` samples; undefined where memory cannot be shared so.
 * @throws {SharedMemError} when there is no such file, or it is none of that ring.
 */
export function openControlFile(path: string, size: number): ControlFile | undefined {
  const fd = openShmFile(path, undefined, { writable: true })
  try {
    const bytes = fstatSync(fd).size
    if (bytes < byteLength(0, 0) || bytes > MAX_SHARED)
      throw new SharedMemError(path, `expected a control file, got ${bytes} bytes`)
    const mapping = mapFile(fd, bytes, { writable: true })
    const buffer = sharedOf(mapping)
    if (mapping === undefined || buffer === undefined) {
      mapping?.close()
      return undefined
    }
    try {
      return { ...requireControl(path, buffer, { bytes, size }), close: () => mapping.close() }
    } catch (error) {
      mapping.close()
      throw error
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * A control file that another thread of this process has mapped, and that it alone closes.
 * @throws {SharedMemError} when it is none of a ring of `size` samples, or closed.
 */
export function lentControlFile(buffer: SharedArrayBuffer, size: number): ControlFile {
  const found = requireControl('of another thread', buffer, { bytes: undefined, size })
  return { ...found, close: () => undefined }
}

function requireControl(
  path: string,
  buffer: SharedArrayBuffer,
  expected: { bytes: number | undefined; size: number }
): Omit<ControlFile, 'close'> {
  const [magic, version, seats = 0, chunks = 0] = new Uint32Array(buffer, 0, 4)
  if (magic !== MAGIC || version !== VERSION) {
    throw new SharedMemError(path, `expected a control file of version ${VERSION}, got ${magic}, version ${version}`)
  }
  const words = new Float64Array(buffer, 0, 8)
  const size = words[AT.size64]!
  const room = words[AT.room64]!
  const roomAt = byteLength(seats, chunks)
  const fits = seats <= MAX_SEATS && chunks <= MOST_CHUNKS && Number.isInteger(Math.log2(chunks))
  const isRoom = Number.isSafeInteger(room) && room >= 0
  if (!fits || !isRoom || roomAt + room !== (expected.bytes ?? roomAt + room) || roomAt + room > buffer.byteLength) {
    const bytes = expected.bytes ?? buffer.byteLength
    const got = `${bytes} bytes for ${seats} readers, ${chunks} chunks and ${room} bytes of samples`
    throw new SharedMemError(path, `expected a file of the length that its head says, got ${got}`)
  }
  if (size !== expected.size) {
    throw new SharedMemError(
      path,
      `expected the control file of a ring of ${expected.size} samples, got one of ${size}`
    )
  }
  return { path, seats, chunks, size, buffer, room, roomAt, allocate: () => undefined }
}

function sharedOf(mapping: Mapping | undefined): SharedArrayBuffer | undefined {
  return mapping?.buffer instanceof SharedArrayBuffer ? mapping.buffer : undefined
}
