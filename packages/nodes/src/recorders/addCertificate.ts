import { hostname } from 'node:os'
import { join } from 'node:path'
import { byteRate, type InputStream } from '@nodeacq/stream'
import { CERTIFICATE_FILE, certificatePath, readCertificate, type Certificate } from './certificate.ts'
import { replaceFile } from '../files/output/replaceFile.ts'

/** Days after which a machine has changed enough to be measured again. */
const MAX_AGE = 90
const DAY = 24 * 3600 * 1000

/**
 * Puts the certificate of this machine beside a recording, when there is one, and says in the log where it does not hold
 * for what is recorded. A recording never fails for its certificate.
 */
export async function addCertificate(
  folder: string,
  inputs: Readonly<Record<string, InputStream>>,
  log: { warning(text: string): void }
): Promise<void> {
  const path = certificatePath()
  if (path === undefined) return
  try {
    const found = await readCertificate(path)
    if (found === undefined) return
    await replaceFile(join(folder, CERTIFICATE_FILE), found.text)
    const bytesPerSecond = Object.values(inputs).reduce((sum, { info }) => sum + byteRate(info), 0)
    const doubts = doubtsAbout(found.certificate, { bytesPerSecond, hostname: hostname(), now: Date.now() })
    for (const doubt of doubts) log.warning(`${path}: ${doubt}; 'nodeacq certify' measures anew`)
  } catch (error) {
    log.warning(`the certificate is not beside the recording: ${(error as Error).message}`)
  }
}

/** Why a certificate does not hold for a recording, in words. */
export function doubtsAbout(
  { date, machine, largestSafe, wanted, verdict }: Certificate,
  recording: { readonly bytesPerSecond: number; readonly hostname: string; readonly now: number }
): string[] {
  const doubts: string[] = []
  const age = Math.floor((recording.now - Date.parse(date)) / DAY)
  if (age > MAX_AGE) doubts.push(`the certificate is ${age} days old`)
  if (machine.hostname !== recording.hostname) {
    doubts.push(`the certificate is of another machine, '${machine.hostname}'`)
  }
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB/s`
  const certified = largestSafe?.bytesPerSecond ?? 0
  if (recording.bytesPerSecond > certified) {
    const limit = certified === 0 ? 'no rate' : `at most ${megabytes(certified)}`
    doubts.push(`${megabytes(recording.bytesPerSecond)} are recorded, and ${limit} is certified as safe`)
  } else if (verdict.result === 'not safe' && recording.bytesPerSecond >= wanted.bytesPerSecond) {
    doubts.push('the certificate says that this machine is not safe for what was asked')
  }
  return doubts
}
