/** Mental commands of the older Cortex, and what Cortex 2 calls them; others have the same name in both. */
const MOVES: Readonly<Record<string, string>> = { moveU: 'lift', moveD: 'drop', moveL: 'left', moveR: 'right' }
const FACIAL = ['blink', 'winkL', 'winkR', 'horiEye', 'surprise', 'frown', 'smile', 'clench', 'laugh']

/** Whatever the case: the document writes `moveL` and `MoveL`. */
export function commandToV2(command: string): string {
  const [, action] = Object.entries(MOVES).find(([name]) => name.toLowerCase() === command.toLowerCase()) ?? []
  return action ?? `${command.slice(0, 1).toLowerCase()}${command.slice(1)}`
}

export function commandToV1(action: string): string {
  return Object.entries(MOVES).find(([, name]) => name === action)?.[0] ?? action
}

export function isFacial(action: string): boolean {
  return FACIAL.includes(action) || action.startsWith('smirk')
}

/** Streams of the older Cortex by the names of Cortex 2; `ses` is told as warnings there. */
export const STREAM_NAMES: Readonly<Record<string, string>> = {
  eeg: 'eeg',
  mot: 'mot',
  dev: 'dev',
  eq: 'con',
  pow: 'pow',
  met: 'cog',
  com: 'com',
  fac: 'fac',
  sys: 'pro'
}

/** Other names by which the document calls a stream. */
export const STREAM_ALIASES: Readonly<Record<string, string>> = { met: 'cog', prof: 'pro' }
