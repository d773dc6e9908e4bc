/**
 * JSON text as Python's `json.dumps` writes it: separators `", "` and `": "`, everything outside ASCII escaped.
 * Numbers under the keys in `floats` keep a decimal point (`349.0`).
 */
export function pythonJson(value: unknown, floats: ReadonlySet<string> = new Set()): string {
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item, floats)).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    const text = members.map(([key, member]) => {
      const isFloat = typeof member === 'number' && floats.has(key)
      return `${quote(key)}: ${isFloat && Number.isSafeInteger(member) ? `${member}.0` : pythonJson(member, floats)}`
    })
    return `{${text.join(', ')}}`
  }
  if (typeof value === 'string') return quote(value)
  return JSON.stringify(value) ?? 'null'
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}
