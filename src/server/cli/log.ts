import { destination, pino } from 'pino';

export type Log = (level: 'info' | 'warn' | 'error', message: string) => void;

/** The server's log: lines of JSON on stderr. */
export function openLog(level: string): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ dest: 2, sync: true }));
  return (at, message) => logger[at](message);
}
