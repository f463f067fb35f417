export { configFromProcess, loadConfig, showConfig } from './load.ts';
export { abouts, type Config } from './schema.ts';
