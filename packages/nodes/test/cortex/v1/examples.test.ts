import { readFileSync } from 'node:fs'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { parseV1Message, toV1Notification, type V1Notification } from '../../../src/devices/cortex/v1/messages.ts'
import { differences, shapeOf } from '../shapes.ts'
import { startV1, type V1Peer } from './V1Peer.ts'

type Members = Record<string, unknown>

interface Exchange {
  readonly name: string
  readonly request: Members & { readonly params?: Members }
  readonly response?: { readonly result?: unknown; readonly error?: Members } | null
  readonly responseHas?: Members
  readonly responseStreams?: readonly string[]
  readonly responseErrorCode?: number
}

interface Example {
  readonly name: string
  readonly request: Members & { readonly params?: Members }
  readonly response?: null
  readonly result?: unknown
  readonly error?: number
  readonly exact?: true
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8')) as T
}

const vectors = read<{ exchanges: Exchange[]; notifications: Members[] }>('cortex_v1_examples.json')
const { examples } = read<{ examples: Example[] }>('cortex_v1_document.json')

/** The request with the real token and ids in place of those of the example. */
function real({ request, name }: { request: Members & { params?: Members }; name: string }, known: Members): Members {
  const params = { ...request.params }
  if (params['session'] !== undefined) params['session'] = known['session']
  if (params['_auth'] !== undefined) params['_auth'] = known['token']
  const method = String(request['method'])
  const ids: Members = {
    updateProfile: known['profile'],
    updateSubject: known['subject'],
    UpdateSession: known['session']
  }
  if (method in ids) params['id'] = ids[method]
  const isFalse = name.includes('auth token that nobody gave') || request['_auth'] === 'bad'
  const auth = request['_auth'] === undefined || isFalse ? {} : { _auth: known['token'] }
  return { ...request, ...(request.params && { params }), ...auth }
}

/** The peer gets no answer to what it sends: the next answer is that to the next call. */
async function isNotAnswered(peer: V1Peer, request: Members): Promise<void> {
  const before = peer.messages.length
  peer.sendRaw(request)
  await peer.call('authorize')
  expect(peer.messages.slice(before).filter((message) => !('time' in message))).toHaveLength(1)
}

test('every exchange of the vectors', async () => {
  await using rig = await startV1()
  const { peer } = rig
  const known: Members = {}
  let basic: unknown
  for (const exchange of vectors.exchanges) {
    const { name, response, responseHas, responseStreams, responseErrorCode } = exchange
    const request = real(exchange, known)
    // Only who has no licence is refused.
    if (name === 'subscribe refused') request['_auth'] = basic
    if (response === null) {
      await isNotAnswered(peer, request)
      continue
    }
    const answer = await peer.answerTo(request)
    const error = response?.error ?? (responseErrorCode === undefined ? undefined : { code: responseErrorCode })
    expect([name, answer['id'], 'error' in answer]).toEqual([name, request['id'], error !== undefined])
    expect(answer).toMatchObject(error ? { error } : {})
    const result = answer['result']
    const problems = response?.result === undefined ? [] : differences(shapeOf(result), shapeOf(response.result))
    // Ids of sessions are texts here, as in most of the examples.
    const others = problems.filter((problem) => problem !== '.sid: number')
    expect({ name, problems: others }).toEqual({ name, problems: [] })
    const members = result as Members | undefined
    if (typeof members?.['_auth'] === 'string') {
      basic ??= members['_auth']
      known['token'] = members['_auth']
    }
    expect(members ?? {}).toMatchObject(responseHas ?? {})
    expect(Object.keys(members?.['streams'] ?? {})).toEqual(expect.arrayContaining([...(responseStreams ?? [])]))
    if (request['method'] === 'createSession') known['session'] = members!['id']
    expect({ result }).toMatchObject(name === 'headsets wildcard' ? { result: response!.result } : {})
  }
})

test('every notification of the vectors is read, and written as it was', () => {
  for (const notification of vectors.notifications) {
    const read = parseV1Message(JSON.stringify(notification)) as V1Notification
    expect(read).toMatchObject({ kind: 'notification', session: notification['id'], time: notification['time'] })
    expect(toV1Notification(read)).toEqual(notification)
  }
})

test('every other example of the document', async () => {
  await using rig = await startV1()
  const { peer } = rig
  const known: Members = {}
  for (const example of examples) {
    const { name, error, result, exact, response } = example
    const request = real(example, known)
    if (response === null) {
      await isNotAnswered(peer, request)
      continue
    }
    const answer = await peer.answerTo(request)
    const { code } = (answer['error'] ?? {}) as { code?: number }
    expect({ name, code }).toEqual({ name, code: error })
    if (error !== undefined) continue
    const got = answer['result'] as Members
    const problems = differences(shapeOf(got), shapeOf(result))
    // Dates are null until something happens.
    expect({ name, problems: problems.filter((problem) => !problem.endsWith(': null')) }).toEqual({
      name,
      problems: []
    })
    expect({ got }).toMatchObject(exact ? { got: result } : {})
    if (typeof got['_auth'] === 'string') known['token'] = got['_auth']
    if (name === 'createSession') known['session'] = got['id']
    if (name === 'createProfile') known['profile'] = got['id']
    if (name === 'createSubject') known['subject'] = got['id']
  }
  await waitFor(() => peer.notifications('pro').length > 0)
})
