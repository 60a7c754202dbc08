import { OP_TEXT, type Batch, type Schema } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { jsonToCompactText } from '../../common/types/json.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Interval, Json, Numeric, Value } from '../../common/types/value.ts';
import { dateText, float32Text, intervalText, javaDouble, numericText, splitMicros, timestampText, timeText, uuidText } from '../text.ts';

/** One changelog row as Flink's `print` writes it: `+I[a, b]`, values in the form of their Java class. */
export function rowText(schema: Schema, batch: Batch, row: number): string {
  const cells = schema.map((f, c) => cellText(f.type, readValue(f.type, batch.columns[c] as Column, row)));
  return `${OP_TEXT[batch.ops?.[row] ?? 0] ?? ''}[${cells.join(', ')}]`;
}

export function cellText(type: SqlType, v: Value): string {
  if (v === null) return 'null';
  switch (type.kind) {
    case 'real':
      return javaDouble(float32Text(v as number));
    case 'double':
      return javaDouble(v as number);
    case 'decimal':
    case 'numeric':
      return numericText(v as Numeric);
    case 'bytea':
      return `[${[...(v as Uint8Array)].map((b) => (b << 24) >> 24).join(', ')}]`;
    case 'uuid':
      return uuidText(v as Uint8Array);
    case 'date':
      return dateText(v as number);
    case 'time':
      return timeText(v as bigint, 'java');
    case 'timestamp':
      return timestampText(v as bigint, 'T', 'java');
    case 'timestamptz': {
      // java.time.Instant: seconds always.
      const [days, rest] = splitMicros(v as bigint);
      const time = timeText(rest, 'java');
      return `${dateText(days)}T${time.length === 5 ? `${time}:00` : time}Z`;
    }
    case 'interval':
      return intervalText(v as Interval);
    case 'array':
      return `[${(v as Value[]).map((x) => cellText(type.element, x)).join(', ')}]`;
    case 'map':
      return `{${(v as [Value, Value][]).map(([k, x]) => `${cellText(type.key, k)}=${cellText(type.value, x)}`).join(', ')}}`;
    case 'row':
      return `+I[${type.fields.map((f, i) => cellText(f.type, (v as Value[])[i] ?? null)).join(', ')}]`;
    case 'jsonb':
      return jsonToCompactText((v as Json).json);
    default:
      return String(v);
  }
}
