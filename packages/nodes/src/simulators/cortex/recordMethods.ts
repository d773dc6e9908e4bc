import { randomUUID } from 'node:crypto'
import { exportRecord } from './exportRecord.ts'
import { activeSessionOf, sessionOf, type Call, type Method } from './Call.ts'
import { dateTime, OWNER, type SimulatedMarker, type SimulatedRecord } from './CortexModel.ts'
import type { LiveSession } from './LiveSession.ts'
import type { CallParams } from './params.ts'
import { refusal, Refusal } from './Refusal.ts'

const DETAILS = ['dateOfBirth', 'sex', 'countryCode', 'state', 'city', 'attributes']

/** Records, markers and subjects. */
export const recordMethods: Readonly<Record<string, Method>> = {
  createRecord: (params, call) => {
    const { model } = call
    const session = activeSessionOf(params, call)
    if (session.record) throw new Refusal(-32602, 'session: it has a record in progress')
    const record: SimulatedRecord = {
      uuid: randomUUID(),
      ownerId: OWNER,
      applicationId: model.appId,
      applicationVersion: '1.0',
      title: params.text('title'),
      description: params.text('description', ''),
      tags: params.has('tags') ? params.texts('tags') : [],
      experimentId: params.number('experimentId', 0),
      startDatetime: dateTime(),
      endDatetime: '',
      licenseId: '',
      licenseScope: ['eeg', 'pm'],
      subject: { subjectName: params.text('subjectName', '') },
      localOnly: false,
      markers: []
    }
    model.records.set(record.uuid, record)
    const zero = performance.timeOrigin + call.zeroOf(session.headset.id)
    model.sources.set(record.uuid, { headset: structuredClone(session.headset), zero })
    session.record = record
    session.recordIds.push(record.uuid)
    return { record: withoutMarkers(record), sessionId: session.id }
  },

  stopRecord: (params, call) => {
    const { client, later } = call
    const session = sessionOf(params, call)
    const { record } = session
    if (record === undefined) throw new Refusal(-32602, 'session: it has no record in progress')
    record.endDatetime = dateTime()
    session.record = undefined
    later(0.1, () => client.warn(30, { recordId: record.uuid }))
    return { record: withoutMarkers(record), sessionId: session.id }
  },

  updateRecord: (params, { model }) => {
    const record = model.records.get(params.text('record'))
    if (record === undefined) throw new Refusal(-32058)
    record.description = params.text('description', record.description)
    if (params.has('tags')) record.tags = params.texts('tags')
    return withoutMarkers(record)
  },

  deleteRecord: (params, call) =>
    onRecords(params, call, ({ uuid }) => {
      call.model.records.delete(uuid)
      call.model.sources.delete(uuid)
    }),

  exportRecord,

  requestToDownloadRecordData: (params, call) => onRecords(params, call),

  queryRecords: (params, { model }) => {
    const query = params.object('query')
    const found = inOrder([...model.records.values()].filter(matching(query)), params.raw('orderBy'))
    const [limit, offset] = [params.number('limit', 0), params.number('offset', 0)]
    const page = limit === 0 ? found.slice(offset) : found.slice(offset, offset + limit)
    const hasMarkers = params.boolean('includeMarkers', false)
    return { count: found.length, limit, offset, records: hasMarkers ? page : page.map(withoutMarkers) }
  },

  getRecordInfos: (params, { model }) => {
    const wanted = params.texts('recordIds', 'records')
    return wanted.flatMap((uuid) => model.records.get(uuid) ?? [])
  },

  injectMarker: (params, call) => {
    const session = sessionOf(params, call)
    const record = recordOf(session)
    const at = dateTime(params.number('time'))
    const marker: SimulatedMarker = {
      uuid: randomUUID(),
      type: 'instance',
      value: params.raw('value'),
      label: params.text('label'),
      port: params.text('port', ''),
      startDatetime: at,
      endDatetime: at,
      extras: params.object('extras', {})
    }
    record.markers.push(marker)
    const { uuid: markerId, label, port, value, type } = marker
    session.mark({ markerId, label, port, value, type })
    return { marker }
  },

  updateMarker: (params, call) => {
    const record = recordOf(sessionOf(params, call))
    const marker = record.markers.find(({ uuid }) => uuid === params.text('markerId'))
    if (marker === undefined) throw new Refusal(-32602, 'markerId: no such marker in the record in progress')
    marker.type = 'interval'
    marker.endDatetime = dateTime(params.number('time'))
    marker.extras = params.object('extras', marker.extras)
    return { marker }
  },

  createSubject: (params, { model }) => {
    const subjectName = params.text('subjectName')
    if (model.subjects.has(subjectName)) throw new Refusal(-32602, 'subjectName: it exists')
    const subject = { subjectName, ...params.pick(DETAILS), toDelete: false, experimentsCount: 0 }
    model.subjects.set(subjectName, subject)
    return subject
  },

  updateSubject: (params, { model }) => {
    const subject = model.subjects.get(params.text('subjectName'))
    if (subject === undefined) throw new Refusal(-32602, 'subjectName: no such subject')
    return Object.assign(subject, params.pick(DETAILS))
  },

  deleteSubjects: (params, { model }) => {
    const success: object[] = []
    const failure: object[] = []
    for (const subjectName of params.texts('subjects')) {
      if (model.subjects.delete(subjectName)) success.push({ subjectName })
      else failure.push({ subjectName, ...refusal(-32058) })
    }
    return { success, failure }
  },

  querySubjects: (params, { model }) => {
    const query = params.object('query', {})
    const all = [...model.subjects.values()]
    const found = all.filter((subject) => Object.entries(query).every(([name, value]) => subject[name] === value))
    const sorted = inOrder(found, params.raw('orderBy'))
    const [limit, offset] = [params.number('limit', 0), params.number('offset', 0)]
    const subjects = limit === 0 ? sorted.slice(offset) : sorted.slice(offset, offset + limit)
    return { count: found.length, limit, offset, subjects }
  },

  getDemographicAttributes: () => [
    { name: 'Handedness', value: ['Left', 'Right', 'Ambidextrous'] },
    { name: 'Education', value: ['Primary', 'Secondary', 'Tertiary'] }
  ]
}

function recordOf(session: LiveSession): SimulatedRecord {
  if (session.record === undefined) throw new Refusal(-32602, 'session: it has no record in progress')
  return session.record
}

function onRecords(params: CallParams, { model }: Call, work?: (record: SimulatedRecord) => void): object {
  const success: object[] = []
  const failure: object[] = []
  for (const recordId of params.texts('recordIds', 'records')) {
    const record = model.records.get(recordId)
    if (record === undefined) failure.push({ recordId, ...refusal(-32058) })
    else {
      work?.(record)
      success.push({ recordId })
    }
  }
  return { success, failure }
}

function withoutMarkers({ markers: _, ...record }: SimulatedRecord): object {
  return record
}

function matching(query: Readonly<Record<string, unknown>>) {
  return ({ title, description, subject, applicationId }: SimulatedRecord): boolean =>
    (typeof query['keyword'] !== 'string' || `${title}\n${description}`.includes(query['keyword'])) &&
    (typeof query['subjectName'] !== 'string' || subject.subjectName === query['subjectName']) &&
    (typeof query['applicationId'] !== 'string' || applicationId === query['applicationId'])
}

/** @param orderBy `[{ name: 'ASC' | 'DESC' }, …]`, or one such object as the Python client sends it */
function inOrder<T extends object>(items: T[], orderBy: unknown): T[] {
  const keys = (Array.isArray(orderBy) ? orderBy : [orderBy ?? {}]).flatMap((item) => Object.entries(item as object))
  const value = (item: T, name: string) => {
    const member = (item as Record<string, unknown>)[name]
    return typeof member === 'string' || typeof member === 'number' ? String(member) : ''
  }
  return items.toSorted((a, b) => {
    for (const [name, direction] of keys) {
      const order = value(a, name).localeCompare(value(b, name))
      if (order !== 0) return direction === 'DESC' ? -order : order
    }
    return 0
  })
}
