import { CortexCalls, type Params, type Which } from './CortexCalls.ts'
import type * as results from './results.ts'

export interface NewRecord {
  readonly session?: Which
  readonly description?: string
  readonly subjectName?: string
  readonly tags?: readonly string[]
  readonly experimentId?: number
}

export interface ExportOptions {
  /** On the machine of Cortex. */
  readonly folder: string
  readonly format: 'EDF' | 'EDFPLUS' | 'BDFPLUS' | 'CSV'
  readonly streamTypes: readonly string[]
  /** Of CSV only. */
  readonly version?: 'V1' | 'V2'
}

export interface RecordQuery {
  readonly orderBy?: Readonly<Record<string, 'ASC' | 'DESC'>> | readonly Readonly<Record<string, 'ASC' | 'DESC'>>[]
  /** 0: no limit. */
  readonly limit?: number
  readonly offset?: number
  readonly includeMarkers?: boolean
}

export interface NewMarker {
  /** ms of the epoch. */
  readonly time: number
  readonly value: string | number
  readonly label: string
  readonly session?: Which
  readonly port?: string
  readonly extras?: Params
}

export interface SubjectAttributes {
  readonly dateOfBirth?: string
  readonly sex?: 'M' | 'F' | 'U'
  readonly countryCode?: string
  readonly state?: string
  readonly city?: string
  readonly attributes?: readonly { readonly name: string; readonly value: string }[]
}

/** Records, their markers and their subjects. */
export abstract class CortexRecordCalls extends CortexCalls {
  /** Begins a record of an activated session. */
  async createRecord(title: string, { session = 0, ...rest }: NewRecord = {}): Promise<results.RecordResult> {
    const params = { title, session: this._sessionId(session), ...rest }
    return (await this.sendAuthedRequest('createRecord', params)) as results.RecordResult
  }

  async stopRecord(session: Which = 0): Promise<results.RecordResult> {
    return (await this.sendAuthedRequest('stopRecord', { session: this._sessionId(session) })) as results.RecordResult
  }

  async updateRecord(
    record: string,
    change: { description?: string; tags?: readonly string[] }
  ): Promise<results.CortexRecord> {
    return (await this.sendAuthedRequest('updateRecord', { record, ...change })) as results.CortexRecord
  }

  async deleteRecord(records: readonly string[]): Promise<results.RecordsResult> {
    return (await this.sendAuthedRequest('deleteRecord', { records })) as results.RecordsResult
  }

  async exportRecord(recordIds: readonly string[], options: ExportOptions): Promise<results.RecordsResult> {
    return (await this.sendAuthedRequest('exportRecord', { recordIds, ...options })) as results.RecordsResult
  }

  async exportEdf(
    recordIds: readonly string[],
    folder: string,
    streamTypes: readonly string[]
  ): Promise<results.RecordsResult> {
    return await this.exportRecord(recordIds, { folder, streamTypes, format: 'EDF' })
  }

  async exportCsvV1(
    recordIds: readonly string[],
    folder: string,
    streamTypes: readonly string[]
  ): Promise<results.RecordsResult> {
    return await this.exportRecord(recordIds, { folder, streamTypes, format: 'CSV', version: 'V1' })
  }

  async exportCsvV2(
    recordIds: readonly string[],
    folder: string,
    streamTypes: readonly string[]
  ): Promise<results.RecordsResult> {
    return await this.exportRecord(recordIds, { folder, streamTypes, format: 'CSV', version: 'V2' })
  }

  async queryRecords(query: Params = {}, options: RecordQuery = {}): Promise<results.RecordPage> {
    const { orderBy = [{ startDatetime: 'DESC' }], limit = 0, offset = 0, includeMarkers = false } = options
    const params = { query, orderBy, limit, offset, includeMarkers }
    return (await this.sendAuthedRequest('queryRecords', params)) as results.RecordPage
  }

  async getRecordInfos(recordIds: readonly string[]): Promise<results.CortexRecord[]> {
    return (await this.sendAuthedRequest('getRecordInfos', { recordIds })) as results.CortexRecord[]
  }

  async requestToDownloadRecordData(recordIds: readonly string[]): Promise<results.RecordsResult> {
    return (await this.sendAuthedRequest('requestToDownloadRecordData', { recordIds })) as results.RecordsResult
  }

  /** Marks a moment of the record in progress. */
  async injectMarker({ session = 0, ...marker }: NewMarker): Promise<{ marker: results.Marker }> {
    const params = { ...marker, session: this._sessionId(session) }
    return (await this.sendAuthedRequest('injectMarker', params)) as { marker: results.Marker }
  }

  /** Makes a marker an interval that ends at `time`, ms of the epoch. */
  async updateMarker(
    markerId: string,
    { time, session = 0, extras }: { time: number; session?: Which; extras?: Params }
  ): Promise<{ marker: results.Marker }> {
    const params = { markerId, time, session: this._sessionId(session), ...(extras && { extras }) }
    return (await this.sendAuthedRequest('updateMarker', params)) as { marker: results.Marker }
  }

  async createSubject(subjectName: string, attributes: SubjectAttributes = {}): Promise<results.Subject> {
    return (await this.sendAuthedRequest('createSubject', { subjectName, ...attributes })) as results.Subject
  }

  async updateSubject(subjectName: string, attributes: SubjectAttributes): Promise<results.Subject> {
    return (await this.sendAuthedRequest('updateSubject', { subjectName, ...attributes })) as results.Subject
  }

  async deleteSubjects(subjects: readonly string[]): Promise<results.SubjectsResult> {
    return (await this.sendAuthedRequest('deleteSubjects', { subjects })) as results.SubjectsResult
  }

  async querySubjects(query: Params = {}, options: RecordQuery = {}): Promise<results.SubjectPage> {
    const { orderBy = [{ subjectName: 'ASC' }], limit = 0, offset = 0 } = options
    return (await this.sendAuthedRequest('querySubjects', { query, orderBy, limit, offset })) as results.SubjectPage
  }

  async getDemographicAttributes(): Promise<readonly { name: string; value: readonly string[] }[]> {
    return (await this.sendAuthedRequest('getDemographicAttributes')) as readonly {
      name: string
      value: readonly string[]
    }[]
  }
}
