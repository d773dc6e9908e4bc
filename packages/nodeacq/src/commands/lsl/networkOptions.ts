import type { LslScope, LslSettings } from '@nodeacq/nodes'
import { Option, type Command } from 'commander'
import { repeatedOption } from '../options.ts'

/** Where streams of LSL are looked for, as options of a command. */
export interface NetworkOptions {
  readonly scope?: LslScope
  readonly peer: readonly string[]
  readonly session?: string
  readonly multicastPort?: number
  readonly basePort?: number
}

export function addNetworkOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--scope <scope>', 'how far to look (default: as lsl_api.cfg says, or site)').choices([
        'machine',
        'link',
        'site',
        'organization',
        'global'
      ])
    )
    .addOption(repeatedOption('--peer <host>', 'machine that is asked directly'))
    .option('--session <id>', "only streams of this session (default: as lsl_api.cfg says, or 'default')")
    .addOption(new Option('--multicast-port <n>', 'port that questions go to (default 16571)').argParser(Number))
    .addOption(new Option('--base-port <n>', 'first port that streams are served on (default 16572)').argParser(Number))
}

export function settingsOf({ scope, peer, session, multicastPort, basePort }: NetworkOptions): Partial<LslSettings> {
  return {
    ...(scope !== undefined && { scope }),
    ...(peer.length > 0 && { knownPeers: peer }),
    ...(session !== undefined && { sessionId: session }),
    ...(multicastPort !== undefined && { multicastPort }),
    ...(basePort !== undefined && { basePort })
  }
}
