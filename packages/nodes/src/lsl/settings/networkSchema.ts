import { z } from 'zod'
import { LSL_SCOPES } from './LslSettings.ts'

/** The settings of LSL that nodes take; what is left out is as `lsl_api.cfg` says. */
export const networkSchema = z
  .object({
    scope: z
      .enum(LSL_SCOPES as [string, ...string[]])
      .describe('how far streams are looked for: machine, link, site, organization, global; default site'),
    knownPeers: z.array(z.string()).describe('machines that are asked directly; default none'),
    sessionId: z.string().min(1).describe("only streams of this session are seen; default 'default'"),
    interfaces: z.array(z.string()).describe('IPv4 addresses of this machine to use; default all'),
    addressesOverride: z.array(z.string()).describe('where questions go to instead of what the scope says'),
    multicastPort: z.number().int().min(1).max(65_535).describe('port that questions go to; default 16571'),
    basePort: z.number().int().min(1).max(65_535).describe('first port that streams are served on; default 16572'),
    portRange: z.number().int().min(1).max(1000).describe('ports from there on; default 32'),
    allowRandomPorts: z.boolean().describe('any other port when those are taken; default on'),
    ttlOverride: z.number().int().min(-1).max(255).describe('routers that multicast may pass; default by the scope')
  })
  .partial()
  .strict()
