/** A text element of SVG. */
export function text(content: string, at: { x: number; y: number; anchor?: string; size?: number }): string {
  const anchor = at.anchor === undefined ? '' : ` text-anchor="${at.anchor}"`
  const size = at.size === undefined ? '' : ` font-size="${at.size}"`
  return `<text x="${at.x}" y="${at.y}"${anchor}${size}>${escapeText(content)}</text>`
}

export function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** To tenths of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}
