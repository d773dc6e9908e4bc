/**
 * A name that can be one step of a path within a file: no slash, no control character, not `.` or `..`, and in no case one that
 * is taken.
 */
export function uniqueName(wanted: string, taken: Set<string>): string {
  // oxlint-disable-next-line no-control-regex -- a stream may have any name, a path within a file may not
  const plain = wanted.replaceAll(/[/\\:\0-\x1f]/g, '_').replace(/^\.+/, (dots) => '_'.repeat(dots.length)) || 'stream'
  let name = plain
  for (let k = 2; taken.has(name); k++) name = `${plain}_${k}`
  taken.add(name)
  return name
}
