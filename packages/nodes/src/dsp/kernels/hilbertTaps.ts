/**
 * Taps of a Hilbert transformer at the distances 1, 3, 5 … from its middle; those on the other side have the opposite
 * sign, those between are 0. A. V. Oppenheim, R. W. Schafer, Discrete-Time Signal Processing, 3rd edition, section 12.4.
 * @param half the greatest distance
 */
export function hilbertTaps(half: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(half / 2) }, (_, i) => {
    const distance = 2 * i + 1
    const hamming = 0.54 + 0.46 * Math.cos((Math.PI * distance) / (half + 1))
    return (2 / (Math.PI * distance)) * hamming
  })
}
