import { addChildModule } from '@nodeacq/core'

export { DigitalOscilloscope } from './digital/DigitalOscilloscope.ts'
export { Oscilloscope } from './oscilloscope/Oscilloscope.ts'
export { SpectrumViewer } from './spectrum/SpectrumViewer.ts'
export { SignalViewer } from './nodes/SignalViewer.ts'
export { ViewerNode } from './nodes/ViewerNode.ts'
export { ViewerServer } from './server/ViewerServer.ts'
export type { ViewerServerOptions } from './server/ViewerServer.ts'
export type { Viewer, View } from './server/Viewer.ts'
export { ViewerError } from './errors.ts'

export { Pyramid } from './pyramid/Pyramid.ts'
export type { ColumnRange, PyramidOptions } from './pyramid/Pyramid.ts'

export { ColumnRing } from './raster/ColumnRing.ts'
export type { ColumnBlock, ColumnRingOptions, SampleBlock } from './raster/ColumnRing.ts'
export { DARK, LIGHT, paletteOf } from './raster/palette.ts'
export type { Palette, Theme } from './raster/palette.ts'
export type { Lane, Scene } from './raster/rasterize.ts'
export { ScrollPainter } from './raster/ScrollPainter.ts'
export type { Blit } from './raster/ScrollPainter.ts'
export type { Span } from './raster/Span.ts'
export { MemorySurface } from './raster/Surface.ts'
export type { Surface } from './raster/Surface.ts'
export { SweepPainter } from './raster/SweepPainter.ts'

export { autoScale, laneAxis, lanesOf, positionOf, statisticsOf, withGain } from './display/traces.ts'
export type { Axis, ChannelStatistics, ScaleMode, Trace } from './display/traces.ts'
export { formatClock, formatValue } from './display/format.ts'
export { nextStep, stepFor, ticks } from './display/steps.ts'

export { decodeBinary, encodeBinary, FLAGS } from './protocol/binary.ts'
export type { BinaryHeader, BinaryMessage, BinaryType } from './protocol/binary.ts'
export { parseClientMessage, PROTOCOL } from './protocol/messages.ts'
export type { ClientMessage, OutgoingMessage, Role, ServerMessage } from './protocol/messages.ts'
export { ProtocolError } from './protocol/ProtocolError.ts'
export { quantize } from './protocol/quantize.ts'
export { mayDo } from './protocol/roles.ts'

// Processes that this one starts know the viewers too.
addChildModule(import.meta.url)
