export { createHttpApp } from './app.ts';
export { asDoor, type Door } from './door.ts';
export { healthRoutes } from './health.routes.ts';
export { captureFaults, problemJson, type WireKernel } from './kernel.ts';
export { type Listening, listen } from './listen.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { type RawBodyState, rawBody } from './raw-body.ts';
export { statusOfKind } from './status.ts';
