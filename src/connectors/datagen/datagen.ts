import { SqlError } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import type { ConnectorDescriptor, Options } from '../api.ts';
import { GeneratorEnumerator, GeneratorReader } from '../generator.ts';
import { nearest, read } from '../options.ts';
import { datagenRows } from './columns.ts';
import { generatedField, type GeneratedField } from './field.ts';

const fieldsOf = (schema: Schema, o: Options): GeneratedField[] => schema.map((f) => generatedField(f.type, f.name, o));

function totalRows(schema: Schema, o: Options): number {
  const rows = read.int(o, 'number-of-rows') ?? Infinity;
  return fieldsOf(schema, o).reduce((n, f) => Math.min(n, f.rows), rows);
}

export const datagen: ConnectorDescriptor = {
  name: 'datagen',
  doc: 'Makes up rows: random values, sequences, or realistic ones from expressions.',
  options: [
    { name: 'rows-per-second', type: 'bigint', default: '10000', doc: 'Rows a second over all splits.' },
    { name: 'number-of-rows', type: 'bigint', doc: 'Rows in all; unset is without end.' },
    { name: 'fields.#.kind', type: 'enum', values: ['random', 'sequence'], doc: 'How the field is made, random by default. A sequence ends the source.' },
    { name: 'fields.#.min', type: 'string', doc: 'Least random number; the type\'s own by default.' },
    { name: 'fields.#.max', type: 'string', doc: 'Greatest random number; the type\'s own by default.' },
    { name: 'fields.#.max-past', type: 'duration', doc: 'A timestamp lies at most so far before now; 0 by default.' },
    { name: 'fields.#.length', type: 'int', doc: 'Length of text and bytes (100, or the declared one) and of collections (3).' },
    { name: 'fields.#.var-len', type: 'boolean', doc: 'Lengths vary from 1 to the length.' },
    { name: 'fields.#.start', type: 'bigint', doc: 'First value of a sequence.' },
    { name: 'fields.#.end', type: 'bigint', doc: 'Last value of a sequence.' },
    { name: 'fields.#.null-rate', type: 'double', doc: 'Share of NULLs, 0 by default.' },
    { name: 'fields.#.expression', type: 'string', doc: 'A faker expression, such as #{internet.ip_v4_address} or #{options.weighted \'a:3\',\'b:1\'}.' },
  ],
  metadata: [],
  format: 'none',
  source: {
    bounded: (o, physical) => totalRows(physical, o) !== Infinity,
    enumerator: (spec) => new GeneratorEnumerator(totalRows(spec.physical, spec.options) !== Infinity, 0),
    reader(spec, splits, context) {
      const rate = read.double(spec.options, 'rows-per-second') ?? 10_000;
      const rows = datagenRows(spec.physical, spec.projection, fieldsOf(spec.physical, spec.options), context.seed, context.clock);
      return new GeneratorReader(rows, splits, context.clock, rate, totalRows(spec.physical, spec.options));
    },
  },
  validate(o, schema) {
    const rate = read.int(o, 'rows-per-second') ?? 10_000;
    if (rate < 1) throw new SqlError('invalid_parameter_value', 'option "rows-per-second" must be at least 1');
    if ((read.int(o, 'number-of-rows') ?? 0) < 0) throw new SqlError('invalid_parameter_value', 'option "number-of-rows" must be 0 or more');
    fieldsOf(schema, o);
    for (const name of Object.keys(o)) {
      const path = /^fields\.(.+)\.[a-z-]+$/.exec(name)?.[1];
      if (path === undefined || schema.some((f) => path === f.name || path.startsWith(`${f.name}.`))) continue;
      const near = nearest(path, schema.map((f) => f.name));
      throw new SqlError('undefined_column', `option "${name}" names no column of the table`, near === undefined ? {} : { hint: `Perhaps you meant "fields.${near}.${name.split('.').at(-1) ?? ''}".` });
    }
  },
};
