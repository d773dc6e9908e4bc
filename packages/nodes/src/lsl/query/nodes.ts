import type { XmlElement } from '../../xml.ts'

/** A node of a document, as XPath sees it. */
export interface QueryNode {
  readonly kind: 'root' | 'element' | 'text' | 'attribute'
  readonly name: string
  readonly parent: QueryNode | undefined
  readonly children: readonly QueryNode[]
  readonly attributes: readonly QueryNode[]
  /** Of a text or an attribute. */
  readonly value: string
  /** Place in the document. */
  readonly order: number
}

type OpenNode = QueryNode & { readonly children: QueryNode[]; readonly attributes: QueryNode[] }

/** The nodes of a document; gives its root, whose only child is the element. */
export function queryNodesOf(document: XmlElement): QueryNode {
  let count = 0
  const node = (
    kind: QueryNode['kind'],
    parent: QueryNode | undefined,
    { name = '', value = '' }: { name?: string; value?: string }
  ): OpenNode => ({ kind, name, parent, children: [], attributes: [], value, order: count++ })
  const addElement = (element: XmlElement, parent: OpenNode): void => {
    const made = node('element', parent, element)
    parent.children.push(made)
    for (const [name, value] of Object.entries(element.attributes)) {
      made.attributes.push(node('attribute', made, { name, value }))
    }
    if (element.text !== undefined) made.children.push(node('text', made, { value: element.text }))
    for (const child of element.children) addElement(child, made)
  }
  const root = node('root', undefined, {})
  addElement(document, root)
  return root
}

/** All text in a node, in order. */
export function stringOfNode(node: QueryNode): string {
  return node.kind === 'text' || node.kind === 'attribute' ? node.value : node.children.map(stringOfNode).join('')
}
