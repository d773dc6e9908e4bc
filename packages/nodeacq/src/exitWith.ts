/** ms for what still holds the process, such as a peer that does not let go. */
const GRACE = 1000

/** Ends the process with `code` as soon as everything is written, at the latest after a second. */
export function exitWith(code: number): void {
  process.exitCode = code
  setTimeout(() => process.exit(), GRACE).unref()
}
