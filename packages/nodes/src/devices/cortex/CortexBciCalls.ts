import type { SettingsOf, Which } from './CortexCalls.ts'
import { CortexRecordCalls } from './CortexRecordCalls.ts'
import type * as results from './results.ts'

export type Detection = 'mentalCommand' | 'facialExpression'
export type ProfileStatus = 'create' | 'load' | 'unload' | 'save' | 'rename' | 'delete'
export type TrainingStatus = 'start' | 'accept' | 'reject' | 'reset' | 'erase'
export type Signature = 'universal' | 'trained'

/** Profiles, training, and the settings of mental commands and facial expressions. */
export abstract class CortexBciCalls extends CortexRecordCalls {
  async queryProfiles(): Promise<results.Profile[]> {
    return (await this.sendAuthedRequest('queryProfile')) as results.Profile[]
  }

  async getCurrentProfile(headset: Which = 0): Promise<results.CurrentProfile> {
    const params = { headset: await this._headsetId(headset) }
    return (await this.sendAuthedRequest('getCurrentProfile', params)) as results.CurrentProfile
  }

  async setupProfile(
    status: ProfileStatus,
    profile: string,
    { headset = 0, newProfileName }: { headset?: Which; newProfileName?: string } = {}
  ): Promise<results.ProfileResult> {
    const params = {
      status,
      profile,
      headset: await this._headsetId(headset),
      ...(newProfileName !== undefined && { newProfileName })
    }
    return (await this.sendAuthedRequest('setupProfile', params)) as results.ProfileResult
  }

  async createProfile(profile: string, headset: Which = 0): Promise<results.ProfileResult> {
    return await this.setupProfile('create', profile, { headset })
  }

  async loadProfile(profile: string, headset: Which = 0): Promise<results.ProfileResult> {
    return await this.setupProfile('load', profile, { headset })
  }

  async unloadProfile(profile: string, headset: Which = 0): Promise<results.ProfileResult> {
    return await this.setupProfile('unload', profile, { headset })
  }

  async saveProfile(profile: string, headset: Which = 0): Promise<results.ProfileResult> {
    return await this.setupProfile('save', profile, { headset })
  }

  async renameProfile(profile: string, newProfileName: string, headset: Which = 0): Promise<results.ProfileResult> {
    return await this.setupProfile('rename', profile, { headset, newProfileName })
  }

  async deleteProfile(profile: string, headset: Which = 0): Promise<results.ProfileResult> {
    return await this.setupProfile('delete', profile, { headset })
  }

  async loadGuestProfile(headset: Which = 0): Promise<{ message: string }> {
    const params = { headset: await this._headsetId(headset) }
    return (await this.sendAuthedRequest('loadGuestProfile', params)) as { message: string }
  }

  async getDetectionInfo(detection: Detection): Promise<results.DetectionInfo> {
    return (await this.sendRequest('getDetectionInfo', { detection })) as results.DetectionInfo
  }

  async getMentalCommandInfo(): Promise<results.DetectionInfo> {
    return await this.getDetectionInfo('mentalCommand')
  }

  async getFacialExpressionInfo(): Promise<results.DetectionInfo> {
    return await this.getDetectionInfo('facialExpression')
  }

  /** One step of a training; how it goes on comes on stream `sys`. */
  async training(
    status: TrainingStatus,
    { detection, action, session = 0 }: { detection: Detection; action: string; session?: Which }
  ): Promise<results.TrainingResult> {
    const params = { session: this._sessionId(session), detection, status, action }
    return (await this.sendAuthedRequest('training', params)) as results.TrainingResult
  }

  async startTraining(detection: Detection, action: string, session: Which = 0): Promise<results.TrainingResult> {
    return await this.training('start', { detection, action, session })
  }

  async acceptTraining(detection: Detection, action: string, session: Which = 0): Promise<results.TrainingResult> {
    return await this.training('accept', { detection, action, session })
  }

  async rejectTraining(detection: Detection, action: string, session: Which = 0): Promise<results.TrainingResult> {
    return await this.training('reject', { detection, action, session })
  }

  async resetTraining(detection: Detection, action: string, session: Which = 0): Promise<results.TrainingResult> {
    return await this.training('reset', { detection, action, session })
  }

  async eraseTraining(detection: Detection, action: string, session: Which = 0): Promise<results.TrainingResult> {
    return await this.training('erase', { detection, action, session })
  }

  async getTrainedSignatureActions(detection: Detection, of: SettingsOf = {}): Promise<results.TrainedActions> {
    const params = { detection, ...this._settingsOf(of) }
    return (await this.sendAuthedRequest('getTrainedSignatureActions', params)) as results.TrainedActions
  }

  /** s that one training takes. */
  async getTrainingTime(detection: Detection, session: Which = 0): Promise<{ time: number }> {
    const params = { detection, session: this._sessionId(session) }
    return (await this.sendAuthedRequest('getTrainingTime', params)) as { time: number }
  }

  async getFacialExpressionSignatureType(
    of: SettingsOf = {}
  ): Promise<{ currentSig: Signature; availableSig: Signature[] }> {
    return (await this.#get('facialExpressionSignatureType', of)) as {
      currentSig: Signature
      availableSig: Signature[]
    }
  }

  async setFacialExpressionSignatureType(
    signature: Signature,
    of: SettingsOf = {}
  ): Promise<{ signature: Signature; message: string }> {
    const result = await this.#set('facialExpressionSignatureType', of, { signature })
    return result as { signature: Signature; message: string }
  }

  /** 0–1000 */
  async getFacialExpressionThreshold(action: string, of: SettingsOf = {}): Promise<number> {
    return (await this.#get('facialExpressionThreshold', of, { action })) as number
  }

  async setFacialExpressionThreshold(
    action: string,
    value: number,
    of: SettingsOf = {}
  ): Promise<{ action: string; value: number; message: string }> {
    const result = await this.#set('facialExpressionThreshold', of, { action, value })
    return result as { action: string; value: number; message: string }
  }

  async getMentalCommandActiveAction(of: SettingsOf = {}): Promise<string[]> {
    return (await this.#get('mentalCommandActiveAction', of)) as string[]
  }

  /** @param actions at most 4 */
  async setMentalCommandActiveAction(
    actions: readonly string[],
    of: SettingsOf = {}
  ): Promise<{ actions: string[]; message: string }> {
    const result = await this.#set('mentalCommandActiveAction', of, { actions })
    return result as { actions: string[]; message: string }
  }

  async mentalCommandBrainMap(of: SettingsOf = {}): Promise<results.BrainMapPoint[]> {
    return (await this.sendAuthedRequest('mentalCommandBrainMap', this._settingsOf(of))) as results.BrainMapPoint[]
  }

  /** 0–1; of all actions when none is named. */
  async mentalCommandGetSkillRating(action?: string, of: SettingsOf = {}): Promise<number> {
    const params = { ...this._settingsOf(of), ...(action !== undefined && { action }) }
    return (await this.sendAuthedRequest('mentalCommandGetSkillRating', params)) as number
  }

  async mentalCommandTrainingThreshold(of: SettingsOf = {}): Promise<results.TrainingThreshold> {
    const result = await this.sendAuthedRequest('mentalCommandTrainingThreshold', this._settingsOf(of))
    return result as results.TrainingThreshold
  }

  /** 1–7 */
  async getMentalCommandActionLevel(of: SettingsOf = {}): Promise<number> {
    return (await this.#get('mentalCommandActionLevel', of)) as number
  }

  async setMentalCommandActionLevel(level: number, of: SettingsOf = {}): Promise<{ level: number; message: string }> {
    return (await this.#set('mentalCommandActionLevel', of, { level })) as { level: number; message: string }
  }

  /** 1–10 for each active action. */
  async getMentalCommandActionSensitivity(of: SettingsOf = {}): Promise<number[]> {
    return (await this.#get('mentalCommandActionSensitivity', of)) as number[]
  }

  async setMentalCommandActionSensitivity(
    values: readonly number[],
    of: SettingsOf = {}
  ): Promise<{ values: number[]; message: string }> {
    const result = await this.#set('mentalCommandActionSensitivity', of, { values })
    return result as { values: number[]; message: string }
  }

  async #get(method: string, of: SettingsOf, params: object = {}): Promise<unknown> {
    return await this.sendAuthedRequest(method, { status: 'get', ...params, ...this._settingsOf(of) })
  }

  async #set(method: string, of: SettingsOf, params: object): Promise<unknown> {
    return await this.sendAuthedRequest(method, { status: 'set', ...params, ...this._settingsOf(of) })
  }
}
