import { expect, test } from 'vitest'
import { checkResult } from './resultShapes.ts'

test('an answer that is not what its method gives is an error that says what is missing', () => {
  expect(() => checkResult('queryHeadsets', {})).toThrow('queryHeadsets: expected a list, got object')
  expect(() => checkResult('createRecord', { record: {} })).toThrow('createRecord: the answer has no sessionId')
  expect(() => checkResult('authorize', null)).toThrow('no cortexToken')
  checkResult('createRecord', { record: {}, sessionId: '', more: 1 })
  checkResult('aMethodOfLater', undefined)
})
