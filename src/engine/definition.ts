import type { MaterializedViewObject, SinkObject, ViewObject } from '../catalog/objects.ts';
import { maskedOptions } from '../connectors/registry.ts';
import { parseStatement } from '../parser/parser.ts';
import { shownSql } from '../planner/shown-sql.ts';

const shown = new WeakMap<SinkObject, string>();

/** The statement of a view or job as it may be shown: a sink's has options, and secrets among them. */
export function definitionOf(object: ViewObject | MaterializedViewObject | SinkObject): string {
  if (object.kind !== 'sink') return object.sql;
  let text = shown.get(object);
  if (text === undefined) shown.set(object, (text = shownSql(object.sql, parseStatement(object.sql), maskedOptions)));
  return text;
}
