/**
 * Header of numpy's `.npy` files, format 1.0 (numpy.lib.format): `93 NUMPY 01 00`, u16 length, a Python dict with `descr`,
 * `fortran_order` and `shape`, padded with spaces to a multiple of 64 bytes, newline. The items follow.
 */
import { parseDType, type DType } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'

/** Length of every header that `encodeNpyHeader` makes: any number of rows fits, so it can be written over in place. */
const NPY_HEADER_BYTES = 128

export interface NpyHeader {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Byte of the first item. */
  readonly dataOffset: number
}

/** @param descr as numpy writes it, such as `<i8`. */
export function encodeNpyHeader(descr: string, rows: number): Buffer {
  const header = Buffer.alloc(NPY_HEADER_BYTES, ' ')
  header.write('\x93NUMPY\x01\x00', 'latin1')
  header.writeUInt16LE(NPY_HEADER_BYTES - 10, 8)
  header.write(`{'descr': '${descr}', 'fortran_order': False, 'shape': (${rows},), }`, 10, 'latin1')
  header[NPY_HEADER_BYTES - 1] = 0x0a
  return header
}

/** @param bytes the beginning of the file: as much of it as there is. @throws RecordingFileError */
export function parseNpyHeader(path: string, bytes: Uint8Array): NpyHeader {
  const wrong = (where: string, expected: string, got: string, cause?: unknown) =>
    new RecordingFileError(path, { where, expected, got, cause })
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (head.length < 12 || head.toString('latin1', 0, 6) !== '\x93NUMPY') {
    throw wrong('bytes 0–5', '\\x93NUMPY', JSON.stringify(head.toString('latin1', 0, 6)))
  }
  const isShort = head[6] === 1
  const start = isShort ? 10 : 12
  const length = isShort ? head.readUInt16LE(8) : head.readUInt32LE(8)
  if (start + length > head.length) throw wrong('header', `${length} bytes`, `${head.length - start}`)
  const text = head.toString('latin1', start, start + length)
  const descr = /'descr'\s*:\s*'([^']+)'/.exec(text)?.[1]
  const shape = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text)?.[1]
  if (descr === undefined || shape === undefined) {
    throw wrong('header', "'descr' of one type and 'shape'", JSON.stringify(text.slice(0, 80).trim()))
  }
  if (/'fortran_order'\s*:\s*True/.test(text)) throw wrong('header', 'C order', 'Fortran order')
  const lengths = shape.split(',').filter((part) => part.trim() !== '')
  try {
    return { dtype: parseDType(descr), shape: lengths.map((part) => parseInt(part, 10)), dataOffset: start + length }
  } catch (cause) {
    throw wrong("header, 'descr'", "a numpy dtype such as '<i8'", `'${descr}'`, cause)
  }
}
