/** Lines `key=value` of one section, keys as written. */
export type IniSection = ReadonlyMap<string, string>

/**
 * The INI dialect of BrainVision headers: `[Section]`, `key=value`, comments are lines that begin with `;`. Everything from
 * `[Comment]` on is free text. Section names are matched without regard to case.
 */
export function parseIni(text: string): ReadonlyMap<string, IniSection> {
  const sections = new Map<string, Map<string, string>>()
  let current: Map<string, string> | undefined
  for (const line of text.split(/\r\n|\r|\n/)) {
    const section = /^\[([^\]]+)\]\s*$/.exec(line)?.[1]?.toLowerCase()
    if (section === 'comment') break
    if (section !== undefined) {
      current = sections.get(section) ?? new Map()
      sections.set(section, current)
    } else if (current !== undefined && !line.startsWith(';')) {
      const equals = line.indexOf('=')
      if (equals > 0) current.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim())
    }
  }
  return sections
}

/** Fields of a channel or marker line; a comma inside a field is written `\1`. */
export function splitFields(value: string): string[] {
  return value.split(',').map((field) => field.replaceAll('\\1', ',').trim())
}

/** Text of a header or marker file: UTF-8 when its `Codepage` says so (or it has a byte-order mark), else Windows-1252. */
export function decodeText(bytes: Uint8Array): string {
  const isUtf8 =
    (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) ||
    /^Codepage\s*=\s*UTF-?8\s*$/im.test(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    )
  return new TextDecoder(isUtf8 ? 'utf-8' : 'windows-1252').decode(bytes)
}
