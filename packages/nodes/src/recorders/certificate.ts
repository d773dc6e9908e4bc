import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../files/output/replaceFile.ts'

/** Name of the copy beside a recording. */
export const CERTIFICATE_FILE = 'certificate.json'

const edge = z.object({
  from: z.string(),
  to: z.string(),
  delivery: z.string(),
  samples: z.number(),
  lostSamples: z.number(),
  skippedSamples: z.number(),
  latencyMs: z.object({ p50: z.number(), p99: z.number() }).nullable()
})

const processUse = z.object({
  name: z.string(),
  host: z.string(),
  cpu: z.number().describe('share of one core'),
  memoryBytes: z.number().describe('at the end'),
  memoryGrowthBytes: z
    .number()
    .nullable()
    .describe('from the time that all retention is filled to the end; null when that is too short')
})

const problem = z.object({
  kind: z.enum(['failed', 'lost', 'behind', 'pace', 'late', 'disk', 'room']),
  text: z.string()
})

const trial = z.object({
  factor: z.number().describe('times the wanted rate'),
  bytesPerSecond: z.number().describe('that all devices were to make together'),
  seconds: z.number(),
  attempts: z.number().describe('2: a hitch in the first one was given a second chance, which is told here'),
  safe: z.boolean(),
  problems: z.array(problem).describe('why it is not safe'),
  edges: z.array(edge),
  latencyMs: z
    .object({ p50: z.number(), p99: z.number(), p999: z.number(), max: z.number(), chunks: z.number() })
    .nullable()
    .describe('from send to a viewer, of the worst device'),
  backlogSeconds: z.number().describe('the most that a recorder was behind'),
  paceLagSeconds: z.number().describe('the most that a device was behind its own rate'),
  clock: z
    .object({ driftPpm: z.number(), uncertaintyPpm: z.number() })
    .nullable()
    .describe(
      'how much faster the monotonic clock of this machine runs than the device makes samples; of the worst device'
    ),
  clockErrorMs: z
    .object({ p50: z.number(), p99: z.number(), max: z.number() })
    .nullable()
    .describe('how far the measured time of a sample was from the true one, of the worst device'),
  processes: z.array(processUse),
  recordedBytes: z.number()
})

/** What `nodeacq certify` found out about a machine; the JSON it writes. See docs/guides/certify.md. */
export const certificateSchema = z.object({
  format: z.literal('nodeacq-certificate'),
  version: z.literal(1),
  date: z.iso.datetime(),
  nodeacq: z.string(),
  node: z.string(),
  complete: z.boolean().describe('false when it was stopped before its end, or a process of it died'),
  machine: z.object({
    hostname: z.string(),
    platform: z.string(),
    release: z.string(),
    arch: z.string(),
    cpu: z.string(),
    cores: z.number(),
    memoryBytes: z.number()
  }),
  wanted: z.object({
    channels: z.number().describe('of each device'),
    sampleRate: z.number().describe('Hz'),
    dtype: z.string(),
    devices: z.number(),
    chunkSize: z.number().describe('samples in each chunk'),
    bytesPerSecond: z.number().describe('of all devices together'),
    hours: z.number().describe('that the disk has to last')
  }),
  conditions: z.object({
    seconds: z.number().describe('of the trial at the wanted rate'),
    transferMode: z.string(),
    folder: z.string().describe('on the disk that was recorded to'),
    host: z.string().nullable().describe('address of the machine with the devices; null: this one'),
    maxLatencyMs: z.number().describe('that 99 % of the chunks may take to a viewer'),
    margin: z.number().describe('factor above which a rate is safe, not marginal'),
    limit: z.number().describe('factor above which nothing was tried')
  }),
  disk: z
    .object({
      bytesPerSecond: z.number().describe('written and synced, alone'),
      slowestBytesPerSecond: z.number().describe('in the slowest half second'),
      freeBytes: z.number(),
      hours: z.number().nullable().describe('until it is full, at the wanted rate')
    })
    .nullable(),
  network: z
    .object({
      roundTripMs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
      clockOffsetMs: z.number().describe("this machine's monotonic clock minus the host's"),
      clockUncertaintyMs: z.number()
    })
    .nullable(),
  trials: z.array(trial).describe('the wanted rate first'),
  largestSafe: z
    .object({
      factor: z.number(),
      bytesPerSecond: z.number(),
      isLimit: z.boolean().describe('nothing above it was tried')
    })
    .nullable(),
  verdict: z.object({
    result: z.enum(['safe', 'marginal', 'not safe', 'unknown']),
    text: z.string(),
    advice: z.array(z.string())
  })
})

export type Certificate = z.infer<typeof certificateSchema>
export type CertificateTrial = z.infer<typeof trial>
export type CertificateProblem = z.infer<typeof problem>

/**
 * Where the certificate of this machine is: `$NODEACQ_CERTIFICATE`, or `certificate.json` in the folder for settings of
 * the user's programs. Undefined when `NODEACQ_CERTIFICATE` is empty: no certificate at all.
 */
export function certificatePath(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform
): string | undefined {
  const given = env['NODEACQ_CERTIFICATE']
  if (given !== undefined) return given === '' ? undefined : given
  return join(settingsFolder(env, platform), 'nodeacq', CERTIFICATE_FILE)
}

function settingsFolder(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  const home = homedir()
  if (platform === 'win32') return env['APPDATA'] || join(home, 'AppData', 'Roaming')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support')
  return env['XDG_CONFIG_HOME'] || join(home, '.config')
}

/** The certificate in a file, and its text as it stands there; undefined when there is no file. @throws Error naming the file */
export async function readCertificate(
  path: string
): Promise<{ readonly certificate: Certificate; readonly text: string } | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${path}: expected a certificate in JSON: ${(cause as Error).message}`, { cause })
  }
  const { data, error } = certificateSchema.safeParse(content)
  if (data === undefined) throw new Error(`${path}: expected a certificate of nodeacq: ${z.prettifyError(error)}`)
  return { certificate: data, text }
}

/** Writes a certificate as a whole; its folder is made. */
export async function writeCertificate(path: string, certificate: Certificate): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await replaceFile(path, `${JSON.stringify(certificate, null, 2)}\n`)
}
