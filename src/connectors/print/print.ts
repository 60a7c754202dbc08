import type { ConnectorDescriptor } from '../api.ts';
import { ImmediateWriter } from '../discard.ts';
import { read } from '../options.ts';
import { rowText } from './row-text.ts';

export const print: ConnectorDescriptor = {
  name: 'print',
  doc: 'Writes every change as a line to the standard output or error.',
  options: [
    { name: 'print-identifier', type: 'string', doc: 'Written before each line, as `identifier> `.' },
    { name: 'standard-error', type: 'boolean', default: 'false', doc: 'To the standard error.' },
  ],
  metadata: [],
  format: 'none',
  sink: {
    accepts: () => ['append-only', 'retract', 'upsert'],
    writer(spec, _task, context) {
      const id = spec.options['print-identifier'];
      const prefix = id === undefined || id === '' ? '' : `${id}> `;
      const stderr = read.boolean(spec.options, 'standard-error');
      const out = context.print ?? ((line: string, err: boolean) => void (err ? process.stderr : process.stdout).write(`${line}\n`));
      return new ImmediateWriter((batch) => {
        for (let i = 0; i < batch.rowCount; i++) out(prefix + rowText(spec.schema, batch, i), stderr);
      });
    },
  },
};
