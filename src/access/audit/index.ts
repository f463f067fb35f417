export { type AccessLog, type AccessRow, createAccessLog } from './access-log.ts';
