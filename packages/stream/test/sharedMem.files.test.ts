import { spawnSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { NdArray } from '@nodeacq/ndarray'
import { expect, test } from 'vitest'
import { SharedMemError } from '../src/errors.ts'
import { RingLayout } from '../src/ringLayout.ts'
import { SharedRingReader, SharedRingWriter } from '../src/transfer/SharedRing.ts'

/** Everything of sharedMem.test.ts without a mapping, as on systems that have none. */
process.env['NODEACQ_SHARED_MEMORY'] = 'files'
await import('./sharedMem.test.ts')

// A mapping cannot tell: see docs/protocol/shared-memory.md.
test('a file that is cut short while it is open is an error', () => {
  const layout = new RingLayout([8, 2], 'int32')
  const writer = new SharedRingWriter(layout)
  const reader = new SharedRingReader(writer.path, layout)
  writer.write(NdArray.zeros([4, 2], 'int32'), 4)
  truncateSync(writer.path, 20)
  expect(() => reader.read(0, 4)).toThrow(SharedMemError)
  reader.close()
  writer.close()
})

test('without koffi rings are files, and the log says so once', () => {
  const program = new URL('./programs/withoutKoffi.ts', import.meta.url)
  const { stdout, stderr } = spawnSync(process.execPath, ['--conditions=nodeacq-source', program.pathname], {
    encoding: 'utf8',
    env: { ...process.env, NODEACQ_SHARED_MEMORY: '' }
  })
  expect(stderr).toBe('')
  expect(stdout.split('\n')).toEqual([
    'warning: shared memory is read and written as files, which is slow: koffi cannot be loaded',
    '50 samples',
    ''
  ])
})
