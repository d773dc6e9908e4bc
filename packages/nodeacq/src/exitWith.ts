/** Ends the process with `code` when everything that was written is out. Whatever still waits is not waited for. */
export function exitWith(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
