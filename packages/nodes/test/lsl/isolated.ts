import { freeUdpPort } from 'testing'
import type { LslSettings } from '../../src/lsl/settings/LslSettings.ts'

/** Settings under which the streams of a test are seen by nobody else: ports and a session of its own, on loopback. */
export async function isolated(): Promise<Partial<LslSettings>> {
  const multicastPort = await freeUdpPort()
  const basePort = 20_000 + ((process.pid * 97 + multicastPort * 13) % 12_000)
  return {
    multicastPort,
    basePort,
    portRange: 32,
    interfaces: ['127.0.0.1'],
    addressesOverride: ['127.0.0.1', '239.255.172.215'],
    sessionId: `test-${process.pid}-${multicastPort}`
  }
}
