/** An element of XML. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** What stands in it beside its children, unless that is only white space. */
  readonly text?: string
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[]
  text?: string
}

export interface XmlOptions {
  /** What a text that is no such document throws. */
  readonly error: new (message: string) => Error
  /** Elements within each other that are read; default 8. */
  readonly maxDepth?: number
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Reads a document of elements with attributes and texts. Neither entities nor DOCTYPE are taken from the document; a `&` or `<` in
 * the value of an attribute, which pytia writes as it is, is taken as itself.
 * @throws what the options say
 */
export function parseXml(text: string, { error: Failure, maxDepth = 8 }: XmlOptions): XmlElement {
  const open: OpenElement[] = []
  let root: XmlElement | undefined
  const token =
    /<\?[^>]*\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\/([\w:.\-\u0080-\uffff]+)\s*>|<([\w:.\-\u0080-\uffff]+)|[^<]+/gy
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [all, cdata, closed, opened] = match
    if (opened !== undefined) {
      const { attributes, isEmpty, end } = readAttributes(text, token.lastIndex, Failure)
      token.lastIndex = end
      if (root !== undefined && open.length === 0) throw new Failure('XML: more than one element at the top')
      if (open.length === maxDepth) throw new Failure(`XML: more than ${maxDepth} elements within each other`)
      const element: OpenElement = { name: opened, attributes, children: [] }
      open.at(-1)?.children.push(element)
      root ??= element
      if (!isEmpty) open.push(element)
    } else if (closed !== undefined) {
      const element = open.pop()
      if (element?.name !== closed)
        throw new Failure(`XML: </${closed}> closes ${element ? `<${element.name}>` : 'nothing'}`)
    } else if (cdata !== undefined || (!all.startsWith('<') && all.trim() !== '')) {
      const element = open.at(-1)
      if (element === undefined)
        throw new Failure(`XML: text outside of elements: ${JSON.stringify(all.trim().slice(0, 40))}`)
      element.text = (element.text ?? '') + (cdata ?? unescapeXml(all))
    }
    if (token.lastIndex === text.length) break
  }
  if (token.lastIndex !== text.length) throw new Failure('XML: neither element nor text after what could be read')
  if (root === undefined || open.length > 0)
    throw new Failure(root === undefined ? 'XML: no element' : `XML: <${open.at(-1)!.name}> is not closed`)
  return root
}

/** What stands between the name of an element and its `>`. */
function readAttributes(
  text: string,
  start: number,
  Failure: XmlOptions['error']
): { attributes: Record<string, string>; isEmpty: boolean; end: number } {
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>
  const token = /\s*(?:([\w:.\-\u0080-\uffff]+)\s*=\s*(?:"([^"]*)"|'([^']*)')|(\/?)>)/gy
  token.lastIndex = start
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [, name, double, single, slash] = match
    if (name === undefined) return { attributes, isEmpty: slash === '/', end: token.lastIndex }
    attributes[name] = unescapeXml(double ?? single ?? '')
  }
  throw new Failure('XML: an element does not end')
}

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-z]{2,4}));/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    }
  )
}

/** Writes an element with all that is in it, without space between. */
export function writeXml({ name, attributes, children, text = '' }: XmlElement): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
  const inner = escapeXml(text) + children.map(writeXml).join('')
  return inner === '' ? `<${name}${list.join('')}/>` : `<${name}${list.join('')}>${inner}</${name}>`
}

function escapeXml(text: string): string {
  const safe = text.replace(/[&<>"']/g, (one) => `&${Object.keys(ENTITIES).find((key) => ENTITIES[key] === one)};`)
  // Line ends in a value would come back as spaces; other control characters are no XML at all.
  // oxlint-disable-next-line no-control-regex -- these are the characters that are meant
  const plain = safe.replace(/[\u0000-\u001f\ufffe\uffff]/g, (one) =>
    /[\t\n\r]/.test(one) ? `&#${one.charCodeAt(0)};` : ' '
  )
  // Half of a pair of UTF-16 is no character.
  return plain.toWellFormed()
}
