import { readFile, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { OutputStream, type InputStream } from '@nodeacq/stream'
import { afterEach, expect, test } from 'vitest'
import { tempFolder } from 'testing'
import { RawRecorder } from '../src/index.ts'
import { addCertificate } from '../src/recorders/addCertificate.ts'

const CERTIFICATE = fileURLToPath(new URL('fixtures/certificate.json', import.meta.url))
const VARIABLE = 'NODEACQ_CERTIFICATE'
const before = process.env[VARIABLE]
afterEach(() => {
  process.env[VARIABLE] = before
})

async function source(): Promise<OutputStream> {
  const output = new OutputStream({ dtype: 'int16', shape: [-1, 2], sampleRate: 1000 })
  await output.configure()
  return output
}

/** A recorder of one stream that is ready to start. */
async function recorder(folder: string, output: OutputStream, options = {}): Promise<RawRecorder> {
  const node = new RawRecorder({ name: 'disk' })
  await node.configure({ folder, streams: { signals: output }, ...options })
  await node.initialize()
  return node
}

test('the certificate of the machine is put beside a recording, unless it is not wanted or there is none', async () => {
  await using folder = await tempFolder()
  const output = await source()
  process.env[VARIABLE] = CERTIFICATE
  await using wanted = await recorder(join(folder.path, 'wanted'), output)
  const copy = join(folder.path, 'wanted', 'certificate.json')
  expect(await readFile(copy, 'utf8')).toBe(await readFile(CERTIFICATE, 'utf8'))
  await using unwanted = await recorder(join(folder.path, 'unwanted'), output, { certificate: false })
  process.env[VARIABLE] = join(folder.path, 'nothing.json')
  await using without = await recorder(join(folder.path, 'without'), output)
  for (const name of ['unwanted', 'without']) {
    expect((await readdir(join(folder.path, name))).sort()).toEqual(['signals.raw', 'stream_properties.json'])
  }
  expect([wanted, unwanted, without].map(({ state }) => state)).toEqual(['initialized', 'initialized', 'initialized'])
  await output.close()
})

test('what makes a certificate doubtful, and one that cannot be read, is a warning and no failure', async () => {
  await using folder = await tempFolder()
  const output = await source()
  await using node = await recorder(join(folder.path, 'recording'), output)
  const inputs = { signals: node.stream('input', 'signals') as InputStream }
  const warnings: string[] = []
  const log = { warning: (text: string) => void warnings.push(text) }

  process.env[VARIABLE] = CERTIFICATE
  await addCertificate(folder.path, inputs, log)
  expect(warnings).toContain(
    `${CERTIFICATE}: the certificate is of another machine, 'rig3'; 'nodeacq certify' measures anew`
  )

  warnings.length = 0
  const damaged = (process.env[VARIABLE] = join(folder.path, 'damaged.json'))
  await writeFile(damaged, '{ "format"')
  await addCertificate(folder.path, inputs, log)
  expect(warnings).toEqual([
    expect.stringContaining(`the certificate is not beside the recording: ${damaged}: expected a certificate in JSON`)
  ])
  await output.close()
})
