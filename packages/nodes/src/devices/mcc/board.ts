import { ConfigError } from '@nodeacq/core'
import { UL, type UniversalLibrary } from './UniversalLibrary.ts'

/** What a board can do. */
export interface Board {
  readonly name: string
  readonly aiChannels: number
  /** Points that come from the board at once: the ring has to be a multiple of it. */
  readonly packetSize: number
  /** It scans neighbouring channels with one range only, and no digital ports. */
  readonly isSimple: boolean
  /** Types of the digital ports that can be scanned, and bits of each. */
  readonly ports: readonly { readonly type: number; readonly bits: number }[]
}

const SIMPLE = ['USB-1616FS', 'USB-1208LS', 'USB-1608FS', 'USB-1608FS-Plus']
const PACKETS: Readonly<Record<string, number>> = {
  'USB-1208LS': 64,
  'USB-1208FS': 31,
  'USB-1408FS': 31,
  'USB-7204': 31,
  'USB-1608FS': 31
}

/** @throws {UniversalLibraryError} when there is no such board. @throws {ConfigError} digital ports that are not supported */
export function readBoard(library: UniversalLibrary, number: number, subject: string): Board {
  const name = library.boardName(number)
  const isSimple = SIMPLE.includes(name)
  const devices = isSimple ? 0 : library.config(UL.boardInfo, number, 0, UL.digitalDevices)
  const ports = Array.from({ length: devices }, (_, device) => ({
    type: library.config(UL.digitalInfo, number, device, UL.deviceType),
    bits: library.config(UL.digitalInfo, number, device, UL.deviceBits)
  })).filter(({ type }) => type !== UL.auxPort)
  const [first] = ports
  if (first && !(ports.every(({ bits }) => bits === first.bits) && (first.bits === 8 || first.bits === 16))) {
    const bits = ports.map((port) => port.bits).join(', ')
    throw new ConfigError(subject, [
      `board ${name}: expected digital ports of 8 bits each or 16 bits each, got ${bits}`
    ])
  }
  return {
    name,
    aiChannels: library.config(UL.boardInfo, number, 0, UL.adChannels),
    packetSize: PACKETS[name] ?? 1,
    isSimple,
    ports
  }
}
