import { SqlError } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { typeEquals, typeName } from '../../common/types/sql-type.ts';
import type { ConnectorDescriptor, Options } from '../api.ts';
import { GeneratorEnumerator, GeneratorReader } from '../generator.ts';
import { read } from '../options.ts';
import { countOf, eventGenerator, flatGenerator } from './generate.ts';
import type { NexmarkConfig } from './kernels.ts';
import { EVENT_SCHEMA, TABLE_SCHEMAS, isNexmarkTable } from './schema.ts';

const DEFAULT_RATE = 10_000;

function config(o: Options, seed: number): NexmarkConfig {
  const person = read.int(o, 'person.proportion') ?? 1;
  const auction = read.int(o, 'auction.proportion') ?? 3;
  const bid = read.int(o, 'bid.proportion') ?? 46;
  return { person, auction, bid, total: person + auction + bid, delayUs: 1e6 / (read.double(o, 'first-event.rate') ?? DEFAULT_RATE), seed };
}

const eventsOf = (o: Options): number => {
  const n = read.int(o, 'events.num') ?? 0;
  return n === 0 ? Infinity : n;
};

function declared(o: Options): Schema {
  const table = o['nexmark.table'];
  return isNexmarkTable(table) ? TABLE_SCHEMAS[table] : EVENT_SCHEMA;
}

export const nexmark: ConnectorDescriptor = {
  name: 'nexmark',
  doc: 'The Nexmark benchmark\'s generator of an auction site: people, auctions and bids, in process.',
  options: [
    { name: 'first-event.rate', type: 'double', doc: 'Events a second; unset: event times are 10000 a second apart, and events come as fast as they are taken.' },
    { name: 'next-event.rate', type: 'double', doc: 'Must equal first-event.rate where both are given.' },
    { name: 'events.num', type: 'bigint', default: '0', doc: 'Events in all, 0 is without end.' },
    { name: 'person.proportion', type: 'int', default: '1', doc: 'People in one round of events.' },
    { name: 'auction.proportion', type: 'int', default: '3', doc: 'Auctions in one round of events.' },
    { name: 'bid.proportion', type: 'int', default: '46', doc: 'Bids in one round of events.' },
    { name: 'max-emit-speed', type: 'boolean', default: 'false', doc: 'Event times follow the rate, but events come as fast as they are taken.' },
    { name: 'nexmark.table', type: 'enum', values: ['person', 'auction', 'bid'], doc: 'Read one kind as a flat table.' },
    { name: 'nexmark.seed', type: 'bigint', doc: 'Tables with the same seed and proportions hold the same events in every job; unset: each job draws its own.' },
    { name: 'nexmark.base-time-millis', type: 'bigint', doc: 'Event time of the first event; the start of the source by default.' },
  ],
  metadata: [],
  format: 'none',
  source: {
    bounded: (o) => eventsOf(o) !== Infinity,
    schema: EVENT_SCHEMA,
    schemaFromOptions: declared,
    enumerator: (spec, context) =>
      new GeneratorEnumerator(
        eventsOf(spec.options) !== Infinity,
        read.int(spec.options, 'nexmark.base-time-millis') ?? Number(context.clock.nowMicros() / 1000n),
      ),
    reader(spec, splits, context) {
      const o = spec.options;
      const c = config(o, read.int(o, 'nexmark.seed') ?? context.seed);
      const events = eventsOf(o);
      const table = o['nexmark.table'];
      const rate = read.boolean(o, 'max-emit-speed') ? null : (read.double(o, 'first-event.rate') ?? null);
      const names = spec.projection.map((p) => spec.physical[p]?.name ?? '');
      if (isNexmarkTable(table)) {
        const share = c[table] / c.total;
        return new GeneratorReader(flatGenerator(c, table, names), splits, context.clock, rate === null ? null : rate * share, countOf(c, table, events));
      }
      const positions = names.map((n) => EVENT_SCHEMA.findIndex((f) => f.name === n));
      return new GeneratorReader(eventGenerator(c, positions), splits, context.clock, rate, events);
    },
  },
  validate(o, schema) {
    const known = declared(o);
    for (const f of schema) {
      const k = known.find((x) => x.name === f.name);
      if (k === undefined) {
        throw new SqlError('undefined_column', `nexmark has no column "${f.name}"`, { hint: `The columns are ${known.map((x) => x.name).join(', ')}.` });
      }
      if (!typeEquals(stripLength(f.type), k.type)) {
        throw new SqlError('datatype_mismatch', `column "${f.name}" of nexmark has type ${typeName(k.type)}, not ${typeName(f.type)}`);
      }
    }
    for (const p of ['person.proportion', 'auction.proportion', 'bid.proportion']) {
      if ((read.int(o, p) ?? 1) < 1) throw new SqlError('invalid_parameter_value', `option "${p}" must be at least 1`);
    }
    const first = read.double(o, 'first-event.rate');
    const next = read.double(o, 'next-event.rate');
    if (first !== undefined && first <= 0) throw new SqlError('invalid_parameter_value', 'option "first-event.rate" must be above 0');
    if (next !== undefined && next !== first) throw new SqlError('invalid_parameter_value', 'option "next-event.rate" must equal "first-event.rate"', { hint: 'A changing rate is not generated.' });
    if ((read.int(o, 'events.num') ?? 0) < 0) throw new SqlError('invalid_parameter_value', 'option "events.num" must be 0 or more');
  },
};

function stripLength(t: Schema[number]['type']): Schema[number]['type'] {
  return t.kind === 'varchar' ? { kind: 'varchar' } : t.kind === 'row' ? { kind: 'row', fields: t.fields.map((f) => ({ name: f.name, type: stripLength(f.type) })) } : t;
}
