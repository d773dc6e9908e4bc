/** Whether a message of a channel comes after another: numbers begin again at 2^32. */
export function isLater(sequence: number, than: number): boolean {
  const step = (sequence - than) >>> 0
  return step > 0 && step < 2 ** 31
}
