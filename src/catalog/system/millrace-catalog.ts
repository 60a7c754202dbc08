import { kindName, isMember, isRelation, isTemporary } from '../objects.ts';
import { columnsOf, relation, type Cells } from './columns.ts';
import type { SystemContext } from './context.ts';
import type { SystemRelation } from './relation.ts';

/** What PostgreSQL has no name for: jobs, their sources and checkpoints, bad records, late rows. */

const FIRST_OID = 13100;

interface Spec {
  readonly name: string;
  readonly columns: string;
  readonly doc: string;
  readonly cells: (cx: SystemContext) => Iterable<Cells>;
}

function* members(cx: SystemContext, kind: 'secret' | 'connection'): Iterable<Cells> {
  for (const o of cx.catalog.objects.values()) if (isMember(o) && o.kind === kind && (o.session === null || o.session === cx.sessionId)) yield { id: o.id, database: o.database, schema: o.schema, name: o.name, comment: o.comment };
}

const SPECS: readonly Spec[] = [
  {
    name: 'relations',
    columns: 'id:o database:t schema:t name:t kind:t connector:t temporary:b comment:t definition:t',
    doc: 'Tables, views, materialized views and sinks',
    *cells(cx) {
      for (const o of cx.catalog.objects.values()) {
        if (!isMember(o) || !isRelation(o) || (o.session !== null && o.session !== cx.sessionId)) continue;
        yield {
          id: o.id, database: o.database, schema: o.schema, name: o.name, kind: kindName(o), connector: o.kind === 'table' ? o.connector : null, temporary: isTemporary(o),
          comment: o.comment, definition: cx.definition(o),
        };
      }
    },
  },
  { name: 'secrets', columns: 'id:o database:t schema:t name:t comment:t', doc: 'Secrets, by name only', cells: (cx) => members(cx, 'secret') },
  { name: 'connections', columns: 'id:o database:t schema:t name:t comment:t', doc: 'Connections', cells: (cx) => members(cx, 'connection') },
  {
    name: 'jobs',
    columns: 'id:8 name:t kind:t state:t sql:t created_at:z parallelism:4 restarts:4 error:t rows_in:8 rows_out:8 state_bytes:8 watermark:z late_rows:8 epoch:8',
    doc: 'Running and finished jobs',
    *cells(cx) {
      for (const j of cx.jobs()) {
        yield {
          id: BigInt(j.id), name: j.name, kind: j.kind, state: j.state, sql: j.sql, created_at: j.createdAt, parallelism: j.parallelism, restarts: j.restarts, error: j.error,
          rows_in: j.rowsIn, rows_out: j.rowsOut, state_bytes: j.stateBytes, watermark: j.watermark, late_rows: j.lateRows, epoch: j.epoch,
        };
      }
    },
  },
  {
    name: 'job_errors',
    columns: 'job:8 source:t split:t record_offset:t raw:a reason:t field:t at:z',
    doc: 'Records that could not be read, computed or written',
    *cells(cx) {
      for (const e of cx.jobErrors()) yield { job: BigInt(e.jobId), source: e.source, split: e.split, record_offset: e.offset, raw: e.raw, reason: e.reason, field: e.field, at: e.at };
    },
  },
  {
    name: 'late_rows',
    columns: 'job:8 operator:t event_time:z watermark:z data:t at:z',
    doc: 'Rows that came behind the watermark',
    *cells(cx) {
      for (const l of cx.lateRows()) yield { job: BigInt(l.jobId), operator: l.operator, event_time: l.eventTime, watermark: l.watermark, data: l.row, at: l.at };
    },
  },
  {
    name: 'checkpoints',
    columns: 'id:8 epoch:8 domain:t started_at:z duration_ms:8 bytes:8 status:t',
    doc: 'Checkpoints, the newest last',
    *cells(cx) {
      for (const c of cx.checkpoints()) {
        yield { id: c.id, epoch: c.epoch, domain: c.domain, started_at: c.startedAt, duration_ms: c.durationMicros / 1000n, bytes: c.bytes, status: c.status };
      }
    },
  },
  {
    name: 'sources',
    columns: 'job:8 source:t split:t position:t watermark:z lag_ms:8 idle:b row_count:8 error_count:8',
    doc: 'Where each split of each running source stands, and which holds the watermark back',
    *cells(cx) {
      for (const s of cx.splits()) {
        yield {
          job: BigInt(s.jobId), source: s.source, split: s.split, position: s.position, watermark: s.watermark, lag_ms: s.lagMicros === null ? null : s.lagMicros / 1000n, idle: s.idle,
          row_count: s.rows, error_count: s.errors,
        };
      }
    },
  },
  {
    name: 'operators',
    columns: 'job:8 operator_id:4 parent_id:4 operator:t rows_in:8 rows_out:8 late_rows:8 bad_rows:8 watermark:z waits_for:z expired:8 bytes_out:8 busy_ms:d blocked_ms:d state_rows:8 state_bytes:8 busiest_share:d',
    doc: 'What each operator of each running job has let through since it was started, the watermark it waits for, how many entries a TTL made it forget, how long it worked and waited for room (all workers together), what it keeps, and which share of the rows dealt by key the worker with the most of them gets',
    *cells(cx) {
      for (const o of cx.operators()) {
        yield {
          job: BigInt(o.jobId), operator_id: o.number, parent_id: o.parent, operator: o.operator, rows_in: o.rowsIn, rows_out: o.rowsOut, late_rows: o.lateRows, bad_rows: o.badRows,
          watermark: o.watermark, waits_for: o.waitsFor, expired: o.expired, bytes_out: o.bytesOut, busy_ms: o.busyMs, blocked_ms: o.blockedMs, state_rows: o.stateRows, state_bytes: o.stateBytes, busiest_share: o.busiestShare,
        };
      }
    },
  },
  {
    name: 'settings',
    columns: 'name:t value:t unit:t category:t default_value:t description:t',
    doc: 'Settings of the session',
    *cells(cx) {
      for (const s of cx.settings()) yield { name: s.name, value: s.value, unit: s.unit, category: s.category, default_value: s.default, description: s.doc };
    },
  },
  {
    name: 'error_log',
    columns: 'error_time:z job_id:8 sequence:8 job:t stage:t source:t split:t record_offset:t field:t reason:t raw:a',
    doc: 'Records that could not be read, computed or written: the newest of each job, with their bytes and place',
    *cells(cx) {
      for (const e of cx.jobErrors()) {
        yield {
          error_time: e.at, job_id: BigInt(e.jobId), sequence: e.sequence, job: e.jobName, stage: e.stage, source: e.source, split: e.split === '' ? null : e.split,
          record_offset: e.offset === '' ? null : e.offset, field: e.field, reason: e.reason, raw: e.raw,
        };
      }
    },
  },
];

export const millraceCatalog: readonly SystemRelation[] = SPECS.map((s, i) => relation('millrace_catalog', s.name, FIRST_OID + i, columnsOf(s.columns), s.doc, s.cells));
