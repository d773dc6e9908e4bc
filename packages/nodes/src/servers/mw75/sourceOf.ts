import { ConfigError } from '@nodeacq/core'
import { SimulatedHeadset } from '../../simulators/mw75/SimulatedHeadset.ts'
import { SimulatorSource } from '../../simulators/mw75/SimulatorSource.ts'
import { AutomaticActivation } from './AutomaticActivation.ts'
import { BlueZActivation } from './BlueZActivation.ts'
import { CommandActivation } from './CommandActivation.ts'
import type { Mw75Source } from './Mw75Source.ts'
import { SerialSource, type Mw75Activation } from './SerialSource.ts'
import { UpstreamSource } from './UpstreamSource.ts'

/** Sources that a text can name. */
export const SOURCES = 'simulator, serial:<port> such as serial:/dev/rfcomm0, or the ws:// address of another server'

/**
 * @param activate what lets a headset at a serial port stream: `bluez`, `none`, or a program; `auto` is BlueZ where it runs
 * @throws {ConfigError}
 */
export function sourceOf(text: string, activate = 'auto'): Mw75Source {
  const [, port] = /^serial:(.+)$/.exec(text) ?? []
  if (text === 'simulator') return new SimulatorSource(new SimulatedHeadset())
  if (port !== undefined) return new SerialSource(port, { activation: activationOf(activate) })
  if (/^wss?:/.test(text)) return new UpstreamSource(addressOf(text))
  throw new ConfigError('MW75 server', [`source: expected ${SOURCES}, got '${text}'`])
}

function activationOf(activate: string): Mw75Activation | undefined {
  if (activate === 'none') return undefined
  if (activate === 'bluez') return new BlueZActivation()
  return activate === 'auto' ? new AutomaticActivation() : new CommandActivation(activate)
}

/** @throws {ConfigError} */
export function addressOf(text: string): string {
  if (/^wss?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new ConfigError('MW75 server', [`expected a ws:// or wss:// address, got '${text}'`])
}
