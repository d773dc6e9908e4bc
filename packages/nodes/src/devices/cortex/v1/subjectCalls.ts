import { DeviceError } from '@nodeacq/core'
import type { Params } from '../CortexCalls.ts'
import { isObject } from '../messages.ts'
import type { V1Call } from './calls.ts'

const GENDERS: Readonly<Record<string, string>> = { M: 'male', F: 'female', U: 'unknown' }

/** Subjects: those of Cortex 2 have a date of birth and a list of attributes, the older ones a year and a hand. */
export const SUBJECT_CALLS: Readonly<Record<string, V1Call>> = {
  createSubject: async ({ subjectName, ...attributes }, calls) =>
    toSubject(await calls.ask('createSubject', { name: subjectName, ...toV1(attributes) })),

  updateSubject: async ({ subjectName, ...attributes }, calls) => {
    const found = (await calls.list('querySubjects', { name: subjectName })).find(({ name }) => name === subjectName)
    if (found === undefined) throw new DeviceError(`Cortex: there is no subject '${String(subjectName)}'`)
    return toSubject(await calls.ask('updateSubject', { id: found['id'], ...toV1(attributes) }))
  },

  querySubjects: async ({ query }, calls) => {
    const { subjectName } = (query ?? {}) as Params
    const found = await calls.list('querySubjects', subjectName === undefined ? {} : { name: subjectName })
    const subjects = found.map(toSubject)
    return { count: subjects.length, limit: 0, offset: 0, subjects }
  }
}

function toV1({ sex, dateOfBirth, attributes }: Params): object {
  const hand = Array.isArray(attributes)
    ? attributes.filter(isObject).find(({ name }) => name === 'Handedness')?.['value']
    : undefined
  return {
    ...(typeof sex === 'string' && { gender: GENDERS[sex] ?? sex }),
    ...(typeof dateOfBirth === 'string' && { year: dateOfBirth.slice(0, 4) }),
    ...(typeof hand === 'string' && { hand: hand.toLowerCase() })
  }
}

function toSubject({ id, name, gender, sex, year, hand }: Readonly<Record<string, unknown>>): object {
  const [letter] = Object.entries(GENDERS).find(([, word]) => word === (gender ?? sex)) ?? []
  return {
    subjectName: name ?? id,
    ...(letter !== undefined && { sex: letter }),
    ...(typeof year === 'string' && { dateOfBirth: `${year}-01-01` }),
    ...(typeof hand === 'string' && { attributes: [{ name: 'Handedness', value: hand }] })
  }
}
