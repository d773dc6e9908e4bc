/** Longer names are cut; a folder's may have 255 bytes. */
const MAX_LENGTH = 60

/**
 * A name that can be one step of a path, in a file or on a disk: without what paths or systems give a meaning, and, however it is
 * spelt, in no case one that is taken.
 */
export function uniqueName(wanted: string, taken: Set<string>): string {
  const plain =
    wanted
      // oxlint-disable-next-line no-control-regex -- a stream may have any name, a path may not
      .replaceAll(/[/\\:*?"<>|\0-\x1f]/g, '_')
      .replace(/^[._]+|[. ]+$/g, (ends) => '_'.repeat(Math.min(ends.length, 1)))
      .slice(0, MAX_LENGTH)
      .toWellFormed() || 'stream'
  let name = plain
  for (let k = 2; taken.has(name.toLowerCase()); k++) name = `${plain}_${k}`
  taken.add(name.toLowerCase())
  return name
}
