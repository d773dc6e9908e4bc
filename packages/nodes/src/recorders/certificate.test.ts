import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempFolder } from 'testing'
import { doubtsAbout } from './addCertificate.ts'
import { certificatePath, certificateSchema, readCertificate, type Certificate } from './certificate.ts'

async function sample(): Promise<Certificate> {
  const path = new URL('../../test/fixtures/certificate.json', import.meta.url)
  return certificateSchema.parse(JSON.parse(await readFile(path, 'utf8')))
}

test('the certificate lies where the settings of programs lie, or where the user says', () => {
  const home = homedir()
  expect(certificatePath({}, 'linux')).toBe(join(home, '.config/nodeacq/certificate.json'))
  expect(certificatePath({ XDG_CONFIG_HOME: '/etc/me' }, 'linux')).toBe('/etc/me/nodeacq/certificate.json')
  expect(certificatePath({}, 'darwin')).toBe(join(home, 'Library/Application Support/nodeacq/certificate.json'))
  expect(certificatePath({ APPDATA: '/roaming' }, 'win32')).toBe('/roaming/nodeacq/certificate.json')
  expect(certificatePath({ NODEACQ_CERTIFICATE: '/lab/rig3.json' }, 'linux')).toBe('/lab/rig3.json')
  expect(certificatePath({ NODEACQ_CERTIFICATE: '' }, 'linux')).toBeUndefined()
})

test('a file that is no certificate is an error that names it', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'certificate.json')
  expect(await readCertificate(path)).toBeUndefined()
  await writeFile(path, '{')
  await expect(readCertificate(path)).rejects.toThrow(`${path}: expected a certificate in JSON`)
  await writeFile(path, JSON.stringify({ ...(await sample()), version: 2 }))
  await expect(readCertificate(path)).rejects.toThrow(
    /certificate.json: expected a certificate of nodeacq:.*[^]*version/
  )
  await mkdir(join(folder.path, 'other.json'))
  await expect(readCertificate(join(folder.path, 'other.json'))).rejects.toThrow('EISDIR')
})

describe('a recording doubts a certificate', () => {
  const day = 24 * 3600 * 1000
  const doubts = async (
    change: Partial<Certificate>,
    { megabytes = 1, days = 1 }: { megabytes?: number; days?: number } = {}
  ) => {
    const certificate = { ...(await sample()), ...change }
    const now = Date.parse(certificate.date) + days * day
    return doubtsAbout(certificate, { bytesPerSecond: megabytes * 1e6, hostname: 'rig3', now })
  }

  test('not when it is young and the rate is certified', async () => {
    expect(await doubts({})).toEqual([])
    expect(await doubts({}, { days: 90 })).toEqual([])
  })

  test('that is older than 90 days', async () => {
    expect(await doubts({}, { days: 91.5 })).toEqual(['the certificate is 91 days old'])
  })

  test('of another machine', async () => {
    const { machine } = await sample()
    expect(await doubts({ machine: { ...machine, hostname: 'rig4' } })).toEqual([
      "the certificate is of another machine, 'rig4'"
    ])
  })

  test('for less than is recorded', async () => {
    const largestSafe = { factor: 2, bytesPerSecond: 40e6, isLimit: false }
    expect(await doubts({ largestSafe }, { megabytes: 40 })).toEqual([])
    expect(await doubts({ largestSafe }, { megabytes: 92.16 })).toEqual([
      '92.2 MB/s are recorded, and at most 40.0 MB/s is certified as safe'
    ])
    expect(await doubts({ largestSafe: null })).toEqual(['1.0 MB/s are recorded, and no rate is certified as safe'])
  })

  test('that said no, for another reason than the rate', async () => {
    const verdict: Certificate['verdict'] = { result: 'not safe', text: 'the disk is full after 2 minutes', advice: [] }
    expect(await doubts({ verdict }, { megabytes: 30 })).toEqual([
      'the certificate says that this machine is not safe for what was asked'
    ])
  })
})
