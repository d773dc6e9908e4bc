import { parseIni } from '../../files/brainvision/ini.ts'
import { DEFAULT_SETTINGS, LSL_SCOPES, type LslScope, type LslSettings } from './LslSettings.ts'

/**
 * Reads a `lsl_api.cfg`: sections `ports`, `multicast`, `lab`; sets are `{a, b}`, `;` begins a comment. Keys that are about liblsl
 * itself are passed over.
 */
export function parseLslConfig(text: string): { settings: LslSettings; problems: readonly string[] } {
  const sections = parseIni(text)
  const problems: string[] = []
  const find = (section: string, key: string): string | undefined => {
    const entry = [...(sections.get(section) ?? [])].find(([name]) => name.toLowerCase() === key.toLowerCase())
    return entry?.[1].replace(/;.*$/, '').trim()
  }
  const whole = (section: string, key: string, fallback: number, most = 65_535): number => {
    const found = find(section, key)
    if (found === undefined || found === '') return fallback
    const value = Number(found)
    if (Number.isInteger(value) && value >= -1 && value <= most) return value
    problems.push(`${section}.${key}: expected a whole number up to ${most}, got '${found}'`)
    return fallback
  }
  const set = (key: string, fallback: readonly string[], section = 'multicast'): readonly string[] => {
    const found = find(section, key)
    return found === undefined ? fallback : setOf(found)
  }
  const d = DEFAULT_SETTINGS
  const scope = find('multicast', 'ResolveScope') ?? d.scope
  if (!(LSL_SCOPES as readonly string[]).includes(scope)) {
    problems.push(`multicast.ResolveScope: expected one of ${LSL_SCOPES.join(', ')}, got '${scope}'`)
  }
  const settings: LslSettings = {
    multicastPort: whole('ports', 'MulticastPort', d.multicastPort),
    basePort: whole('ports', 'BasePort', d.basePort),
    portRange: whole('ports', 'PortRange', d.portRange),
    allowRandomPorts: whole('ports', 'AllowRandomPorts', 1, 1) !== 0,
    scope: problems.length === 0 ? (scope as LslScope) : d.scope,
    addresses: {
      machine: set('MachineAddresses', d.addresses.machine).filter(isV4),
      link: set('LinkAddresses', d.addresses.link).filter(isV4),
      site: set('SiteAddresses', d.addresses.site).filter(isV4),
      organization: set('OrganizationAddresses', d.addresses.organization).filter(isV4),
      global: set('GlobalAddresses', d.addresses.global).filter(isV4)
    },
    addressesOverride: set('AddressesOverride', d.addressesOverride).filter(isV4),
    ttlOverride: whole('multicast', 'TTLOverride', d.ttlOverride, 255),
    interfaces: set('Interfaces', d.interfaces).filter(isV4),
    knownPeers: set('KnownPeers', d.knownPeers, 'lab'),
    sessionId: find('lab', 'SessionID') ?? d.sessionId
  }
  return { settings, problems }
}

function setOf(text: string): string[] {
  return text
    .replace(/^\{|\}$/g, '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

/** Streams are looked for over IPv4. */
function isV4(address: string): boolean {
  return !address.includes(':')
}
