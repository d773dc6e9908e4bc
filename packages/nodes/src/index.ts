import { addChildModule } from '@nodeacq/core'

export { BrainAmpSocket } from './devices/BrainAmpSocket.ts'
export { AudioDevice } from './devices/AudioDevice.ts'
export type { AudioDeviceSpec } from './devices/audio/AudioBackend.ts'
export { CortexClient } from './devices/cortex/CortexClient.ts'
export type { CortexClientOptions } from './devices/cortex/CortexClientOptions.ts'
export { CortexError } from './devices/cortex/CortexError.ts'
export { CortexSamples } from './devices/cortex/CortexSamples.ts'
export type { CortexSample, CortexWarning } from './devices/cortex/messages.ts'
export { readCortexCredentials } from './devices/cortex/credentials.ts'
export type { CortexCredentials } from './devices/cortex/credentials.ts'
export { EmotivCortex } from './devices/EmotivCortex.ts'
export { TiaSignalClient } from './devices/tia/client/TiaSignalClient.ts'
export type { TiaServerState, TiaSignalClientOptions } from './devices/tia/client/TiaSignalClient.ts'
export type { CustomSignal } from './devices/tia/customSignals.ts'
export type { TiaMetaInfo, TiaSignalInfo } from './devices/tia/metaInfo.ts'
export { TiaSignalServer } from './devices/tia/server/TiaSignalServer.ts'
export type { TiaSignalConfig, TiaSignalServerOptions } from './devices/tia/server/TiaSignalServer.ts'
export type { TiaServiceCounters } from './devices/tia/server/TiaService.ts'
export { TiaCommandError, TiaFormatError } from './devices/tia/TiaError.ts'
export { TiaPacket } from './devices/tia/TiaPacket.ts'
export type { TiaBlock } from './devices/tia/TiaPacket.ts'
export { FileReplay } from './devices/FileReplay.ts'
export { GaussianNoise } from './devices/GaussianNoise.ts'
export { Mw75 } from './devices/Mw75.ts'
export { Mw75Client } from './devices/mw75/Mw75Client.ts'
export type { Mw75ClientOptions } from './devices/mw75/Mw75Client.ts'
export { Mw75Error } from './devices/mw75/Mw75Error.ts'
export type { Mw75Message, Mw75Sample, Mw75State } from './devices/mw75/messages.ts'
export { NoiseGenerator } from './devices/NoiseGenerator.ts'
export { NumpyDeviceBuffer } from './devices/NumpyDeviceBuffer.ts'
export { OpenEphys } from './devices/OpenEphys.ts'
export { OpenEphysEvents } from './devices/OpenEphysEvents.ts'
export { OpenEphysFalcon } from './devices/OpenEphysFalcon.ts'
export { Pacer } from './devices/Pacer.ts'
export { SimulatedDevice } from './devices/SimulatedDevice.ts'
export type { PaceReport } from './devices/SimulatedDevice.ts'
export { bessel, butter, cheby1, cheby2, ellip } from './dsp/design/butter.ts'
export type { BesselNorm } from './dsp/design/besselap.ts'
export type { Complex } from './dsp/design/complex.ts'
export { ba2sos, ba2zpk, sos2ba, sos2zpk, zpk2ba } from './dsp/design/conversions.ts'
export { designFilter, designSos } from './dsp/design/designFilter.ts'
export type { RatedDesign } from './dsp/design/designFilter.ts'
export type { Band } from './dsp/design/edges.ts'
export { filterDesignSchema } from './dsp/design/filterDesign.ts'
export type { FilterDesign } from './dsp/design/filterDesign.ts'
export { buttord, cheb1ord, cheb2ord, ellipord } from './dsp/design/buttord.ts'
export type { FilterNeed, LeastOrder } from './dsp/design/buttord.ts'
export { firls } from './dsp/design/firls.ts'
export type { FirlsBand } from './dsp/design/firls.ts'
export { firwin, kaiserBeta, kaiserord } from './dsp/design/firwin.ts'
export type { FirwinDesign } from './dsp/design/firwin.ts'
export { firwin2 } from './dsp/design/firwin2.ts'
export type { Firwin2Design } from './dsp/design/firwin2.ts'
export { iircomb } from './dsp/design/iircomb.ts'
export type { CombDesign } from './dsp/design/iircomb.ts'
export { iirnotch, iirpeak } from './dsp/design/iirnotch.ts'
export type { Ba, ResonatorDesign } from './dsp/design/iirnotch.ts'
export { remez } from './dsp/design/remez.ts'
export type { RemezBand, RemezDesign } from './dsp/design/remez.ts'
export { FrequencyResponse, freqz, groupDelay, sosfreqz } from './dsp/design/response.ts'
export type { ResponseOptions } from './dsp/design/response.ts'
export { savgolCoeffs } from './dsp/design/savgol.ts'
export type { SavgolDesign } from './dsp/design/savgol.ts'
export { lfilterZi, sosfiltZi } from './dsp/design/steadyState.ts'
export { getWindow, WINDOWS } from './dsp/design/windows.ts'
export type { WindowName, WindowSpec } from './dsp/design/windows.ts'
export type { Zpk } from './dsp/design/Zpk.ts'
export { zpk2sos } from './dsp/design/zpk2sos.ts'
export { EpochAverage } from './dsp/epochs/EpochAverage.ts'
export { TriggerAccumulator } from './dsp/epochs/TriggerAccumulator.ts'
export { Decimator } from './dsp/filters/Decimator.ts'
export { FirFilter } from './dsp/filters/FirFilter.ts'
export { FilterNode } from './dsp/filters/FilterNode.ts'
export type { SignalFormat } from './dsp/filters/FilterNode.ts'
export { OverlapFiltfilt } from './dsp/filters/OverlapFiltfilt.ts'
export { Resampler } from './dsp/filters/Resampler.ts'
export { ReReference } from './dsp/filters/ReReference.ts'
export type { Block, SignalProcess } from './dsp/filters/SignalProcess.ts'
export { SosFilter } from './dsp/filters/SosFilter.ts'
export { TimeFreq } from './dsp/timefreq/TimeFreq.ts'
export type { TimeFreqPlan } from './dsp/timefreq/timeFreqPlan.ts'
export { BandPower } from './dsp/spectra/BandPower.ts'
export { Spectrum } from './dsp/spectra/Spectrum.ts'
export type {
  ChunkLayout,
  ChunkOptions,
  Engine,
  FftKernel,
  HilbertOptions,
  ResampleOptions,
  RfftKernel,
  SignalKernel,
  SlidingOptions,
  SlidingStatistic,
  SosKernel,
  SosOptions,
  WaveletKernel
} from './dsp/kernels/Engine.ts'
export { engineNames, getEngine, registerEngine } from './dsp/kernels/engines.ts'
export { analyticSignal } from './dsp/kernels/analyticSignal.ts'
export { morletSpectra } from './dsp/kernels/morletSpectra.ts'
export type { MorletOptions } from './dsp/kernels/morletSpectra.ts'
export { SpikeDetector } from './dsp/spikes/SpikeDetector.ts'
export { SpikeSorter } from './dsp/spikes/SpikeSorter.ts'
export { parseSosCoefficients } from './dsp/sosCoefficients.ts'
export type { SosTable } from './dsp/sosCoefficients.ts'
export { ChannelReader } from './dsp/ChannelReader.ts'
export { SpikeKernel } from './dsp/spikes/SpikeKernel.ts'
export type { Spike } from './dsp/spikes/SpikeKernel.ts'
export type { SpikeRule, SpikeShape } from './dsp/spikes/SpikeFinder.ts'
export { TriggerKernel } from './dsp/triggers/TriggerKernel.ts'
export type { TriggerRule } from './dsp/triggers/TriggerKernel.ts'
export { uniformNumbers } from './uniformNumbers.ts'
export { AnalogTrigger } from './dsp/triggers/AnalogTrigger.ts'
export { DigitalTrigger } from './dsp/triggers/DigitalTrigger.ts'
export { LatencyMonitor } from './monitors/LatencyMonitor.ts'
export type { LatencyReport } from './monitors/LatencyMonitor.ts'
export { StreamMonitor } from './monitors/StreamMonitor.ts'
export type { MonitorReport } from './monitors/StreamMonitor.ts'
export {
  CERTIFICATE_FILE,
  certificatePath,
  certificateSchema,
  readCertificate,
  writeCertificate
} from './recorders/certificate.ts'
export type { Certificate, CertificateProblem, CertificateTrial } from './recorders/certificate.ts'
export { RawRecorder } from './recorders/RawRecorder.ts'
export { RecorderError } from './recorders/RecorderError.ts'
export { openSampleFile, fileFormats, registerFileFormat } from './files/openSampleFile.ts'
export type { FileFormat, FileProbe } from './files/openSampleFile.ts'
export type {
  RecordedChannel,
  RecordedEvent,
  RecordedGap,
  RecordedStream,
  SampleFile,
  Units
} from './files/SampleFile.ts'
export { BrainAmpSimulator } from './simulators/brainamp/BrainAmpSimulator.ts'
export type { BrainAmpSimulatorOptions } from './simulators/brainamp/BrainAmpSimulator.ts'
export { CortexSimulator } from './simulators/cortex/CortexSimulator.ts'
export type { CortexSimulatorOptions } from './simulators/cortex/CortexSimulator.ts'
export { Mw75Simulator } from './simulators/mw75/Mw75Simulator.ts'
export type { Mw75SimulatorOptions } from './simulators/mw75/Mw75Simulator.ts'
export { OpenEphysSimulator } from './simulators/openephys/OpenEphysSimulator.ts'
export type { OpenEphysPlugin, OpenEphysSimulatorOptions } from './simulators/openephys/OpenEphysSimulator.ts'
export { parseFault } from './simulators/faults.ts'
export type { Fault } from './simulators/faults.ts'
export { deviceServers } from './servers/servers.ts'
export type { DeviceServerFlag, DeviceServerOptions, DeviceServerType, RunningDeviceServer } from './servers/Server.ts'
export { simulators } from './simulators/simulators.ts'
export type { RunningSimulator, SimulatorOptions, SimulatorType } from './simulators/Simulator.ts'
export { FilterError, RecordingFileError } from './errors.ts'

// Every process that this one starts knows these nodes too.
addChildModule(import.meta.url)
