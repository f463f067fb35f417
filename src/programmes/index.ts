export * from './ports.ts';
export { createProgrammes } from './programmes.ts';
