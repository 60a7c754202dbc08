import type { Firing } from '../optimizer/physical/context.ts';
import type { EmitMode } from '../planner/statement.ts';

/** Flink's settings of when windows send results, with their defaults; a job keeps those of the session that started it. */
export const EMIT_OPTIONS: readonly (readonly [name: string, usual: string])[] = [
  ['table.exec.emit.early-fire.enabled', 'false'],
  ['table.exec.emit.early-fire.delay', '0'],
  ['table.exec.emit.late-fire.enabled', 'false'],
  ['table.exec.emit.late-fire.delay', '0'],
  ['table.exec.emit.allow-lateness', '0'],
];

/**
 * When the windows of a query send results. EMIT CHANGES: as rows come. EMIT ON WINDOW CLOSE or FINAL: once, whatever the
 * settings say. Undefined: once.
 * @param option a setting's value.
 */
export function firingOf(emit: EmitMode | null, option: (name: string) => string | undefined): Firing | undefined {
  if (emit === 'on window close' || emit === 'final') return undefined;
  const on = (name: string): boolean => option(`table.exec.emit.${name}.enabled`) === 'true';
  const micros = (name: string): bigint => BigInt(Math.round(Number(option(`table.exec.emit.${name}`) ?? '0') * 1000));
  const earlyMicros = on('early-fire') ? micros('early-fire.delay') : emit === 'changes' ? 0n : null;
  const latenessMicros = micros('allow-lateness');
  if (earlyMicros === null && latenessMicros === 0n) return undefined;
  return { earlyMicros, latenessMicros, lateMicros: on('late-fire') ? micros('late-fire.delay') : 0n };
}
