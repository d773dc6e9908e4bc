import { networkInterfaces } from 'node:os'
import type { LslSettings } from '../settings/LslSettings.ts'

/** IPv4 addresses of this machine, those of loopback last. */
export function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const v4 = all.filter(({ family }) => family === 'IPv4')
  return [...v4.filter(({ internal }) => !internal), ...v4.filter(({ internal }) => internal)].map(
    ({ address }) => address
  )
}

/** Interfaces over which streams are looked for, each by its address: those that reach others, or else loopback. */
export function queryInterfaces({ interfaces }: LslSettings): readonly string[] {
  if (interfaces.length > 0) return interfaces
  const all = ownAddresses()
  const others = all.filter((address) => !address.startsWith('127.'))
  return others.length > 0 ? others : all
}

/** How long what is known of the interfaces is believed, ms. */
const FRESH = 1000
let known: { readonly addresses: ReadonlySet<string>; readonly until: number } | undefined

/** Whether a datagram or connection comes from this machine. */
export function isOwnAddress(address: string): boolean {
  const bare = address.replace(/^::ffff:/, '')
  if (bare.startsWith('127.') || bare === '::1') return true
  const now = performance.now()
  if (known === undefined || now > known.until) known = { addresses: new Set(ownAddresses()), until: now + FRESH }
  return known.addresses.has(bare)
}
