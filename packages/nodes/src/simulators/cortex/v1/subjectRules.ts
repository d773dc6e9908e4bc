import { V1_ERRORS } from '../../../devices/cortex/v1/messages.ts'
import { Refusal } from '../Refusal.ts'
import { checkBeyondBasic } from './V1Accounts.ts'
import type { V1Context, V1Method } from './V1Context.ts'
import { V1Refusal } from './V1Refusal.ts'

const DETAILS = ['name', 'hand', 'year', 'tags', 'status']

/** Subjects of the user. */
export const subjectRules: Readonly<Record<string, V1Method>> = {
  createSubject: (params, context) => {
    const { user } = checked(context)
    const gender = params.raw('gender') ?? params.raw('sex')
    if (typeof gender !== 'string') throw new Refusal(-32602, 'sex: it is not defined')
    for (const name of ['year', 'hand']) {
      if (!params.has(name)) throw new Refusal(-32602, `${name}: it is not defined`)
    }
    const id = `${user}/${context.subjects.size + 1}`
    context.cortex2('createSubject', { subjectName: id })
    context.subjects.set(id, { id, user, name: id, gender, ...params.pick(DETAILS) })
    return told(id, context)
  },

  querySubjects: (params, context) => {
    const { user } = checked(context)
    const name = params.text('name', '')
    const tags = params.has('tags') ? params.texts('tags') : []
    return [...context.subjects.values()]
      .filter((subject) => subject.user === user)
      .filter(({ id }) => !params.has('id') || id === params.text('id'))
      .filter((subject) => subject.name.includes(name))
      .filter(({ year }) => !params.has('year') || String(year) === String(params.raw('year')))
      .filter((subject) => tags.every((tag) => subject.tags?.includes(tag)))
      .map(({ id }) => told(id, context))
  },

  updateSubject: (params, context) => {
    const { user } = checked(context)
    const subject = context.subjects.get(params.text('id', ''))
    if (subject?.user !== user) throw new V1Refusal(V1_ERRORS.subject)
    const gender = params.raw('gender') ?? params.raw('sex')
    Object.assign(subject, params.pick(DETAILS), typeof gender === 'string' && { gender })
    return told(subject.id, context)
  }
}

/** A subject of the older Cortex. */
export interface V1Subject {
  readonly id: string
  readonly user: string
  readonly name: string
  readonly gender: string
  readonly hand?: unknown
  readonly year?: unknown
  readonly tags?: readonly string[]
}

function checked({ authorisation }: V1Context) {
  checkBeyondBasic(authorisation)
  return authorisation
}

function told(id: string, { subjects }: V1Context): object {
  const { user: _, ...subject } = subjects.get(id)!
  return subject
}
