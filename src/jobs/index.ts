export { type Lease, takeLease } from './lease.store.ts';
