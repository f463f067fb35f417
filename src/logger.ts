import { pino } from 'pino';
import type { Logger } from './core/log.ts';

/**
 * JSON lines on standard error. Fields that could carry a secret or a person are dropped wherever they turn up; the
 * code does not log them, this is the second fence.
 */
export const createLogger = (level: string): Logger =>
  pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'token',
          'password',
          'secret',
          'authorization',
          'err.config',
          'err.detail',
          'err.where',
          'err.bindings',
          '*.token',
          '*.password',
          '*.authorization',
        ],
        remove: true,
      },
      serializers: { err: serializeError },
    },
    pino.destination({ fd: 2, sync: true }),
  );

/**
 * An error as type, code and stack without its message's first line where a database driver wrote it: drivers quote
 * the values of the statement, and those name people.
 */
const serializeError = (error: unknown): object => {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = (error as { code?: unknown }).code;
  const fromDriver = typeof code === 'string' && (code.startsWith('SQLITE') || /^[0-9A-Z]{5}$/.test(code));
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    ...(fromDriver ? {} : { message: error.message }),
    stack: frames.join('\n'),
    ...(error.cause instanceof Error ? { cause: serializeError(error.cause) } : {}),
  };
};
