/** How far questions for streams go; each includes those before. */
export type LslScope = 'machine' | 'link' | 'site' | 'organization' | 'global'

/** Where streams are looked for and offered; what `lsl_api.cfg` says to programs of LSL. */
export interface LslSettings {
  /** Where questions go to. */
  readonly multicastPort: number
  /** First of the ports on which streams are served, and how many of them there are. */
  readonly basePort: number
  readonly portRange: number
  /** Any other port, when those are taken. */
  readonly allowRandomPorts: boolean
  readonly scope: LslScope
  /** Where questions of each scope go to. */
  readonly addresses: Readonly<Record<LslScope, readonly string[]>>
  /** Where they go instead; empty: as the scope says. */
  readonly addressesOverride: readonly string[]
  /** Routers that multicast may pass; below 0: as the scope says. */
  readonly ttlOverride: number
  /** Addresses of this machine to use; empty: of all its interfaces. */
  readonly interfaces: readonly string[]
  /** Machines that are asked directly. */
  readonly knownPeers: readonly string[]
  /** Streams of other sessions are not seen. */
  readonly sessionId: string
}

export const DEFAULT_SETTINGS: LslSettings = {
  multicastPort: 16_571,
  basePort: 16_572,
  portRange: 32,
  allowRandomPorts: true,
  scope: 'site',
  addresses: {
    machine: ['127.0.0.1'],
    link: ['255.255.255.255', '224.0.0.1', '224.0.0.183'],
    site: ['239.255.172.215'],
    organization: [],
    global: []
  },
  addressesOverride: [],
  ttlOverride: -1,
  interfaces: [],
  knownPeers: [],
  sessionId: 'default'
}

/** Time to live of multicast. */
const SCOPES: Readonly<Record<LslScope, number>> = { machine: 0, link: 1, site: 24, organization: 32, global: 255 }

export const LSL_SCOPES = Object.keys(SCOPES) as readonly LslScope[]

/** Where questions go to, of the scope and the narrower ones. */
export function targetsOf({ scope, addresses, addressesOverride }: LslSettings): readonly string[] {
  if (addressesOverride.length > 0) return addressesOverride
  return LSL_SCOPES.slice(0, LSL_SCOPES.indexOf(scope) + 1).flatMap((each) => addresses[each])
}

export function ttlOf({ scope, ttlOverride }: LslSettings): number {
  return ttlOverride < 0 ? SCOPES[scope] : ttlOverride
}

export function isMulticast(address: string): boolean {
  const first = Number(address.split('.')[0])
  return first >= 224 && first < 240
}
