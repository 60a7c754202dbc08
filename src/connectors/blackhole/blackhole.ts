import type { ConnectorDescriptor } from '../api.ts';
import { ImmediateWriter } from '../discard.ts';

export const blackhole: ConnectorDescriptor = {
  name: 'blackhole',
  doc: 'Swallows every row: for measuring.',
  options: [],
  metadata: [],
  format: 'none',
  sink: {
    accepts: () => ['append-only', 'retract', 'upsert'],
    writer: () => new ImmediateWriter(() => undefined),
  },
};
