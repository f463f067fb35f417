export { type Lease, takeLease } from './lease.store.ts';
export { type Pump, type PumpOptions, startPump } from './pump.ts';
