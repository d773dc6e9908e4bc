/** x^32 + … of CRC-32C (Castagnoli), lowest power in the highest bit. */
const POLYNOMIAL = 0x82f63b78

/** Eight tables of 256: what a byte does to the sum when it is 0 … 7 bytes before the end of a step. */
const TABLES = makeTables()

function makeTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ ((sum & 1) === 0 ? 0 : POLYNOMIAL)
    tables[byte] = sum
  }
  for (let k = 256; k < tables.length; k++) tables[k] = (tables[k - 256]! >>> 8) ^ tables[tables[k - 256]! & 0xff]!
  return tables
}

/**
 * CRC-32C, as the codec `crc32c` of Zarr has it. Eight bytes at a time ("slicing by 8", Kounavis and Berry 2005); Node has only
 * the other CRC-32.
 */
export function crc32c(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const table = TABLES
  let sum = 0xffffffff
  let at = 0
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = view.getUint32(at, true) ^ sum
    const high = view.getUint32(at + 4, true)
    sum =
      table[1792 + (low & 0xff)]! ^
      table[1536 + ((low >>> 8) & 0xff)]! ^
      table[1280 + ((low >>> 16) & 0xff)]! ^
      table[1024 + (low >>> 24)]! ^
      table[768 + (high & 0xff)]! ^
      table[512 + ((high >>> 8) & 0xff)]! ^
      table[256 + ((high >>> 16) & 0xff)]! ^
      table[high >>> 24]!
  }
  for (; at < bytes.length; at++) sum = (sum >>> 8) ^ table[(sum ^ bytes[at]!) & 0xff]!
  return (sum ^ 0xffffffff) >>> 0
}
