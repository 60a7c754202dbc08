import { expect } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import type { Row } from '../../common/types/value.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { Bag, Harness, cut, randomChanges, type Change } from './harness.ts';

export interface PortSpec {
  readonly schema: Schema;
  readonly make: (rng: Rng) => Row;
  readonly appendOnly?: boolean;
}

/**
 * Feeds random changes in random batches through one operator, with barriers, saves and restores, and compares its output
 * at every barrier with `naive` over the inputs' rows.
 */
export function checkProperty(name: string, node: PhysicalPlan, ports: readonly PortSpec[], naive: (inputs: readonly Row[][]) => readonly Row[], seeds = 30): void {
  for (let seed = 1; seed <= seeds; seed++) {
    const rng = new Rng(seed);
    const harness = new Harness(node);
    const inputs = ports.map(() => new Bag());
    const output = new Bag();
    for (let epoch = 0; epoch < 12; epoch++) {
      const work: { port: number; schema: Schema; changes: Change[] }[] = [];
      ports.forEach((port, p) => {
        for (const changes of cut(rng, randomChanges(rng, inputs[p] as Bag, rng.int(12), port.make, port.appendOnly))) work.push({ port: p, schema: port.schema, changes });
      });
      // Ports interleave at random; each keeps its order.
      while (work.length > 0) {
        const port = rng.pick(work).port;
        const at = work.findIndex((w) => w.port === port);
        const [next] = work.splice(at, 1);
        if (next !== undefined) harness.send(next.port, next.schema, next.changes);
      }
      const checkpoint = rng.int(2) === 0;
      harness.barrier(checkpoint);
      output.apply(harness.take());
      const expected = Bag.of(naive(inputs.map((bag) => bag.list())));
      expect(output.text(), `${name}, seed ${seed}, epoch ${epoch}`).toEqual(expected.text());
      if (checkpoint && rng.int(2) === 0) {
        if (rng.int(2) === 0) harness.save(true);
        harness.restore(output);
      }
    }
  }
}
