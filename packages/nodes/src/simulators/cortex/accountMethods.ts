import type { Method } from './Call.ts'
import type { CortexModel } from './CortexModel.ts'
import { dateTime, OWNER } from './CortexModel.ts'
import type { CallParams } from './params.ts'
import { Refusal } from './Refusal.ts'

/** Methods that are answered without a token. */
export const OPEN_METHODS: readonly string[] = [
  'getCortexInfo',
  'getUserLogin',
  'requestAccess',
  'hasAccessRight',
  'authorize',
  'generateNewToken',
  'queryHeadsets',
  'controlDevice',
  'syncWithHeadsetClock',
  'getDetectionInfo'
]

const DAY = 24 * 3600 * 1000

/** The application, its user and its tokens. */
export const accountMethods: Readonly<Record<string, Method>> = {
  getCortexInfo: () => ({ buildDate: '2024-01-01T00:00:00', buildNumber: 'simulator', version: '3.9.1.7' }),

  getUserLogin: (_, { model: { options } }) =>
    options.username === ''
      ? []
      : [
          {
            username: options.username,
            currentOSUId: '501',
            currentOSUsername: options.username,
            loggedInOSUId: '501',
            loggedInOSUsername: options.username,
            lastLoginTime: dateTime()
          }
        ],

  requestAccess: (params, { model, warnAll, later }) => {
    checkCredentials(params, model)
    if (model.refusalsLeft === 0) return { accessGranted: true, message: 'The user has granted access right.' }
    model.refusalsLeft -= 1
    if (model.refusalsLeft === 0) later(0.1, () => warnAll(9, { behavior: 'Access right granted' }))
    return { accessGranted: false, message: 'The user has not granted access right to this application.' }
  },

  // The Python client asks without saying who it is.
  hasAccessRight: (params, { model }) => {
    if (params.has('clientId')) checkCredentials(params, model)
    const accessGranted = model.refusalsLeft === 0
    return { accessGranted, message: accessGranted ? 'granted' : 'not granted' }
  },

  authorize: (params, { model }) => {
    checkCredentials(params, model)
    if (model.options.username === '') throw new Refusal(-32033)
    if (model.refusalsLeft > 0) throw new Refusal(-32102)
    return { cortexToken: model.newToken() }
  },

  generateNewToken: (params, { model }) => {
    checkCredentials(params, model)
    if (!model.tokens.has(params.text('cortexToken'))) throw new Refusal(-32014)
    return { cortexToken: model.newToken(), message: 'New cortex token' }
  },

  getUserInformation: (_, { model }) => ({
    username: model.options.username,
    firstName: 'Jane',
    lastName: 'Doe',
    licenseAgreement: { accepted: true, documentUrl: '' }
  }),

  getLicenseInfo: () => ({
    isOnline: true,
    license: {
      licenseId: OWNER,
      applications: null,
      scopes: ['eeg', 'pm'],
      seatCount: 1,
      localQuota: 100,
      sessionCount: { count: 0 },
      maxDebit: 10,
      validFrom: dateTime(Date.now() - 30 * DAY),
      validTo: dateTime(Date.now() + 335 * DAY),
      billingFrom: dateTime(Date.now() - 30 * DAY),
      billingTo: dateTime(Date.now() + 335 * DAY),
      isCommercial: false,
      isCountedSession: false
    }
  }),

  configOptOut: (params, { model }) => {
    if (params.oneOf('status', ['get', 'set']) === 'set') model.isOptOut = params.boolean('newOptOut')
    return { currentOptOut: model.isOptOut, message: '' }
  }
}

/** @throws {Refusal} */
export function checkToken(params: CallParams, model: CortexModel): void {
  const state = params.has('cortexToken') ? model.tokens.get(params.text('cortexToken')) : undefined
  if (state === undefined) throw new Refusal(-32014)
  if (state === 'expired') throw new Refusal(-32015)
}

function checkCredentials(params: CallParams, { options }: CortexModel): void {
  const isRight = params.text('clientId') === options.clientId && params.text('clientSecret') === options.clientSecret
  if (!isRight) throw new Refusal(-32021)
}
