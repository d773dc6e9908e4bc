/** Names of the outputs of each stream: plain ones where there is one stream, else with the stream's name behind. */
export function outputNames(streams: readonly string[]): { signals: string; events: string; spikes: string }[] {
  const ends = streams.length === 1 ? [''] : streams.map((name) => `-${slug(name)}`)
  const taken = new Set<string>()
  return ends.map((end, k) => {
    const own = taken.has(end) ? `${end}-${k}` : end
    taken.add(own)
    return { signals: `signals${own}`, events: `events${own}`, spikes: `spikes${own}` }
  })
}

/** Letters and digits, in small, with dashes for what is between them. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
