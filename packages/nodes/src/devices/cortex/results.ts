/**
 * What Cortex 2's calls answer. Servers differ in what they add: members beyond these are kept, and those marked with `?`
 * may be missing.
 */
export interface CortexInfo {
  readonly buildDate: string
  readonly buildNumber: string
  readonly version: string
}

export interface UserLogin {
  readonly username: string
  readonly currentOSUId: string
  readonly currentOSUsername: string
  readonly loggedInOSUId: string
  readonly loggedInOSUsername: string
  readonly lastLoginTime: string
}

export interface AccessRight {
  readonly accessGranted: boolean
  readonly message: string
}

export interface Authorization {
  readonly cortexToken: string
  readonly warning?: { readonly code: number; readonly message: unknown; readonly licenseUrl?: string }
}

export interface UserInformation {
  readonly username: string
  readonly firstName: string
  readonly lastName: string
  readonly licenseAgreement: Readonly<Record<string, unknown>>
}

export interface LicenseInfo {
  readonly isOnline: boolean
  readonly license: Readonly<Record<string, unknown>>
}

/** Settings of a headset; rates in Hz. */
export interface HeadsetSettings {
  readonly mode: string
  readonly eegRate: number
  readonly memsRate: number
  readonly eegRes?: number
  readonly memsRes?: number
}

export interface Headset {
  /** Model and serial number, such as `EPOCX-E2020001`. */
  readonly id: string
  readonly status: 'discovered' | 'connecting' | 'connected'
  readonly connectedBy?: string
  readonly dongle?: string
  readonly firmware?: string
  readonly sensors?: readonly string[]
  readonly motionSensors?: readonly string[]
  readonly settings?: HeadsetSettings
  readonly customName?: string
  readonly headbandPosition?: string | null
  readonly flexMappings?: Readonly<Record<string, string>>
  readonly isVirtual?: boolean
}

export interface Session {
  readonly id: string
  readonly status: 'opened' | 'activated' | 'closed'
  readonly owner: string
  readonly license: string
  readonly appId: string
  readonly started: string
  readonly stopped: string
  readonly streams: readonly string[]
  readonly recordIds: readonly string[]
  readonly recording: boolean
  /** Older servers give the id only. */
  readonly headset: Headset | string
}

/** Names of columns; `dev` has a list within the list. */
export type Columns = readonly (string | readonly string[])[]

export interface SubscribedStream {
  readonly streamName: string
  readonly sid: string
  readonly cols: Columns
  /** Hz, where the server tells it: the older Cortex does. */
  readonly rate?: number
}

export interface Refusal {
  readonly code: number
  readonly message: string
}

export interface SubscribeResult {
  readonly success: readonly SubscribedStream[]
  readonly failure: readonly (Refusal & { readonly streamName: string })[]
}

export interface UnsubscribeResult {
  readonly success: readonly { readonly streamName: string; readonly message: string }[]
  readonly failure: readonly (Refusal & { readonly streamName: string })[]
}

/** A marker; the date-times are ISO 8601. */
export interface Marker {
  readonly uuid: string
  readonly type: 'instance' | 'interval'
  readonly value: string | number
  readonly label: string
  readonly port: string
  readonly startDatetime: string
  readonly endDatetime: string
  readonly extras?: Readonly<Record<string, unknown>>
}

/** A record; `endDatetime` is empty while it goes on. */
export interface CortexRecord {
  readonly uuid: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly startDatetime: string
  readonly endDatetime: string
  readonly ownerId?: string
  readonly applicationId?: string
  readonly experimentId?: number
  readonly subject?: Readonly<Record<string, unknown>>
  readonly markers?: readonly Marker[]
}

export interface RecordResult {
  readonly record: CortexRecord
  readonly sessionId: string
}

/** Calls on several records: those that worked and those that did not. */
export interface RecordsResult {
  readonly success: readonly { readonly recordId: string }[]
  readonly failure: readonly (Refusal & { readonly recordId: string })[]
}

export interface RecordPage {
  readonly count: number
  readonly limit: number
  readonly offset: number
  readonly records: readonly CortexRecord[]
}

export interface Subject {
  readonly subjectName: string
  readonly [attribute: string]: unknown
}

export interface SubjectPage {
  readonly count: number
  readonly subjects: readonly Subject[]
}

export interface SubjectsResult {
  readonly success: readonly { readonly subjectName: string }[]
  readonly failure: readonly (Refusal & { readonly subjectName: string })[]
}

export interface Profile {
  readonly uuid: string
  readonly name: string
  readonly readOnly: boolean
  readonly eegChannels: readonly string[]
}

export interface CurrentProfile {
  readonly name: string | null
  readonly loadedByThisApp?: boolean
}

export interface ProfileResult {
  readonly action: string
  readonly name: string
  readonly message: string
}

export interface DetectionInfo {
  readonly actions: readonly string[]
  readonly controls: readonly string[]
  readonly events: readonly string[]
}

export interface TrainingResult {
  readonly action: string
  readonly status: string
  readonly message: string
}

export interface TrainedActions {
  readonly totalTimesTraining: number
  readonly trainedActions: readonly { readonly action: string; readonly times: number }[]
}

export interface BrainMapPoint {
  readonly action: string
  /** x −1..1, y 0..1 */
  readonly coordinates: readonly [x: number, y: number]
}

export interface TrainingThreshold {
  readonly currentThreshold: number
  readonly lastTrainingScore: number
}

export interface ControlResult {
  readonly command: string
  readonly message: string
}

export interface HeadsetMessage {
  readonly headset: string
  readonly message: string
}
