import { deliver } from './deliver.ts';
import { writeError } from './error-message.ts';
import { FieldReader } from './frames.ts';
import { BACKEND } from './messages.ts';
import type { Wire } from './wire.ts';

/** Query: all statements of a text, one after another; the first error ends it. ReadyForQuery is the caller's. */
export async function runSimpleQuery(wire: Wire, body: Buffer): Promise<void> {
  let text: string | null = null;
  let implicit = false;
  try {
    const fields = new FieldReader(body);
    text = fields.text();
    fields.end();
    const statements = wire.session.parse(text);
    if (statements.length === 0) {
      wire.out.empty(BACKEND.emptyQuery);
      return;
    }
    implicit = statements.length > 1;
    if (implicit) wire.session.beginImplicit();
    for (const statement of statements) {
      await wire.cancellable(async (signal) => {
        const prepared = await wire.session.prepare(statement, []);
        await deliver(wire, await wire.session.execute(prepared, [], { signal }), signal);
      });
    }
    if (implicit) {
      implicit = false;
      await wire.session.endImplicit(false);
    }
  } catch (error) {
    writeError(wire.out, error, text);
    if (implicit) await wire.session.endImplicit(true).catch((second: unknown) => writeError(wire.out, second, text));
  }
}
