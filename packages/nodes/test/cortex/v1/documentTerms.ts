import { expect } from 'vitest'

export const HEADSETS = ['INSIGHT-1234', 'INSIGHT-1235']
export const SUBJECT = { name: 'subject1', gender: 'male', hand: 'right', year: '1990' }
/** An error of what a token does not allow. */
export const TOKEN = { code: 100 }
export const ISO = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** What a session object holds. */
export function sessionObject(more: object): unknown {
  return expect.objectContaining({
    created: expect.stringMatching(ISO) as string,
    streams: expect.any(Object) as object,
    ...more
  })
}
