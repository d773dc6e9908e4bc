/** x^32 + … of CRC-32 (IEEE), lowest power in the highest bit. */
const POLYNOMIAL = 0xedb88320

/**
 * CRC-32 of two pieces one behind the other, from those of the pieces. What was read once for one checksum needs not be
 * read again for the next. After Mark Adler's crc32_combine of zlib: multiplication of polynomials modulo the generator.
 * @param length bytes of the second piece
 */
export function combineCrc32(first: number, second: number, length: number): number {
  return (multiply(powerOfX(length), first) ^ second) >>> 0
}

/** a × b. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 0x80000000; ; bit >>>= 1) {
    if ((a & bit) !== 0) {
      product ^= b
      if ((a & (bit - 1)) === 0) return product >>> 0
    }
    b = (b & 1) === 0 ? b >>> 1 : (b >>> 1) ^ POLYNOMIAL
  }
}

/** x to the power of 2^k, for each k. */
const SQUARES = new Uint32Array(32)
SQUARES[0] = 0x40000000
for (let k = 1; k < 32; k++) SQUARES[k] = multiply(SQUARES[k - 1]!, SQUARES[k - 1]!)

/** x to the power of the bits in `bytes` bytes. */
function powerOfX(bytes: number): number {
  let power = 0x80000000
  for (let k = 3, rest = bytes; rest > 0; k++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(SQUARES[k & 31]!, power)
  }
  return power
}
