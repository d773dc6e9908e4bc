import { readFileSync } from 'node:fs'
import { arch, hostname, platform } from 'node:os'
import { certificatePath, readCertificate } from '../certificate.ts'

type Texts = Readonly<Record<string, string>>

/** Where a recording is made, by what, and what was said of it. */
export function provenance({ notes, attachments }: { readonly notes: Texts; readonly attachments: Texts }): object {
  const versions = { nodeacq: version(), node: process.versions.node, os: `${platform()} ${arch()}` }
  return { host: hostname(), versions, attachments: Object.keys(attachments), notes }
}

/** The certificate of this machine as an attachment; none where there is none. */
export async function certificateText(): Promise<Record<string, string>> {
  const path = certificatePath()
  const found = path === undefined ? undefined : await readCertificate(path).catch(() => undefined)
  return found === undefined ? {} : { 'certificate.json': found.text }
}

/** Of an attachment, by its name. */
export function mediaType(name: string): string {
  if (name.endsWith('.json')) return 'application/json'
  return /\.ya?ml$/.test(name) ? 'application/yaml' : 'text/plain'
}

/** Of nodeacq. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
