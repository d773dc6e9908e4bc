import { startManager } from '@nodeacq/core'
import '@nodeacq/nodes'
import { join } from 'node:path'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'

test('a Python client drives a manager, a group and its nodes in pyacq’s spelling', async () => {
  await using folder = await tempFolder()
  await using manager = await startManager({})
  const lines = await runPython('drive_manager.py', [manager.address, join(folder.path, 'recording')])
  expect(lines).toEqual(['the manager does what pyacq does'])
})
