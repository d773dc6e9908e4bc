import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS, targetsOf, ttlOf } from './LslSettings.ts'
import { parseLslConfig } from './parseLslConfig.ts'

test('a configuration of LSL is read as liblsl reads it', () => {
  const { settings, problems } = parseLslConfig(`; a comment
[ports]
MulticastPort = 17000
baseport=17001
AllowRandomPorts=0
[multicast]
ResolveScope=link ; not further
LinkAddresses={224.0.0.183, ff02::1}
[lab]
KnownPeers={10.0.0.7, lab3.local}
SessionID=exp 1
[tuning]
TimeProbeCount=3
`)
  expect(problems.toSorted()).toEqual([])
  expect(settings).toEqual({
    ...DEFAULT_SETTINGS,
    multicastPort: 17_000,
    basePort: 17_001,
    allowRandomPorts: false,
    scope: 'link',
    addresses: { ...DEFAULT_SETTINGS.addresses, link: ['224.0.0.183'] },
    knownPeers: ['10.0.0.7', 'lab3.local'],
    sessionId: 'exp 1'
  })
  expect(targetsOf(settings)).toEqual(['127.0.0.1', '224.0.0.183'])
  expect(ttlOf(settings)).toBe(1)
})

test('where questions go by default, and in each scope', () => {
  const site = ['127.0.0.1', '255.255.255.255', '224.0.0.1', '224.0.0.183', '239.255.172.215']
  expect(targetsOf(DEFAULT_SETTINGS)).toEqual(site)
  expect(targetsOf({ ...DEFAULT_SETTINGS, scope: 'machine' })).toEqual(['127.0.0.1'])
  expect(targetsOf({ ...DEFAULT_SETTINGS, addressesOverride: ['239.0.0.1'] })).toEqual(['239.0.0.1'])
  expect([ttlOf(DEFAULT_SETTINGS), ttlOf({ ...DEFAULT_SETTINGS, ttlOverride: 3 })]).toEqual([24, 3])
})

test('what cannot be is told', () => {
  const { problems } = parseLslConfig('[ports]\nMulticastPort=x\n[multicast]\nResolveScope=galaxy\n')
  expect(problems.toSorted()).toEqual([
    "multicast.ResolveScope: expected one of machine, link, site, organization, global, got 'galaxy'",
    "ports.MulticastPort: expected a whole number up to 65535, got 'x'"
  ])
})
