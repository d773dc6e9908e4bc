import { readFileSync } from 'node:fs'
import { TiaFormatError } from '../../src/index.ts'

interface PacketVector {
  readonly name?: string
  readonly hex: string
  readonly flags: number
  readonly packetId: number
  readonly connectionPacketNumber: number
  readonly timestamp: number
  readonly signals: readonly {
    readonly flagBit: number
    readonly channels: number
    readonly samplesPerChannel: number
    readonly data: readonly (readonly number[])[]
  }[]
}

/** A capture of a server, or packets computed by hand. */
export interface TiaVectors {
  readonly control?: readonly { readonly send: string; readonly recv: string }[]
  readonly serverState?: string
  readonly packets: readonly PacketVector[]
  readonly customPackets?: readonly PacketVector[]
  readonly malformed?: readonly { readonly name: string; readonly hex: string; readonly expect: string }[]
}

function readVectors(name: string): TiaVectors {
  return JSON.parse(readFileSync(new URL(`../fixtures/tia_${name}.json`, import.meta.url), 'utf8')) as TiaVectors
}

export const libtia = readVectors('libtia_capture')
export const pytia = readVectors('pytia_capture')
export const synthetic = readVectors('packets_synthetic')

/** Whether what was read is wrong; any error but that the bytes are not TiA's. */
export function misreading(read: () => boolean): unknown {
  try {
    return read()
  } catch (error) {
    return error instanceof TiaFormatError ? false : error
  }
}
