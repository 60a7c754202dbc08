import type { Statement } from '../ast-statements.ts';
import type { Rule } from '../base.ts';
import { QueryParser } from '../queries.ts';

/** All statements. */
export abstract class StatementParser extends QueryParser {
  protected statement: Rule<Statement> = this.RULE('statement', (): Statement => {
    const start = this.here();
    const query = this.SUBRULE(this.query);
    return { kind: 'queryStatement', query, span: this.span(start) };
  });
}
