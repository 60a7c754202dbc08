import { describe, expect, it } from 'vitest';
import { commonType } from './common-type.ts';
import { castValue } from './casts.ts';
import { literalDecimal } from '../common/types/decimal-rules.ts';
import { numericFromText } from '../common/types/numeric-text.ts';
import { BIGINT, BOOLEAN, INT, NUMERIC, TEXT, UNKNOWN, arrayOf } from '../common/types/sql-type.ts';
import { typeFromText } from '../common/types/literal-type.ts';
import { allExamples } from './registry.ts';
import { call, testContext, textOf, type Typed } from './testing.ts';

/** Just enough of an expression parser to run the examples in the tables. */
class Expressions {
  readonly #tokens: string[];
  #at = 0;

  constructor(sql: string) {
    this.#tokens = sql.match(/'(?:[^']|'')*'|\d+(?:\.\d+)?|[a-zA-Z_]\w*|::|->>|->|#>>|#>|#-|@>|@\?|@@|<@|\?\||\?&|!~~\*|~~\*|!~~|~~|!~\*|~\*|!~|\|\||&&|<<|>>|<>|<=|>=|[-+*/%=<>~^?&|#(),[\]]/g) ?? [];
  }

  parse(): Typed {
    const value = this.#binary();
    if (this.#at !== this.#tokens.length) throw new Error(`unread: ${this.#tokens.slice(this.#at).join(' ')}`);
    return value;
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #take(expected?: string): string {
    const token = this.#tokens[this.#at++] ?? '';
    if (expected !== undefined && token !== expected) throw new Error(`expected ${expected}, got ${token}`);
    return token;
  }

  #binary(): Typed {
    let left = this.#unary();
    while (/^[-+*/%=<>~^?&|#!@]+$/.test(this.#peek())) left = call(this.#take(), [left, this.#unary()]);
    return left;
  }

  #unary(): Typed {
    if (['-', '+', '~'].includes(this.#peek())) {
      const operator = this.#take();
      return call(operator, [this.#unary()]);
    }
    let value = this.#primary();
    while (this.#peek() === '::') {
      this.#take();
      value = this.#cast(value, this.#take());
    }
    return value;
  }

  #cast(value: Typed, name: string): Typed {
    const type = typeFromText(name);
    return { value: castValue(value.value, value.type, type, testContext), type };
  }

  #list(end: string): Typed[] {
    const out: Typed[] = [];
    while (this.#peek() !== end) {
      out.push(this.#binary());
      if (this.#peek() === ',') this.#take();
    }
    this.#take(end);
    return out;
  }

  #primary(): Typed {
    const token = this.#take();
    if (token === '(') {
      const inner = this.#binary();
      this.#take(')');
      return inner;
    }
    if (token.startsWith("'")) return { value: token.slice(1, -1).replaceAll("''", "'"), type: UNKNOWN };
    if (/^\d/.test(token)) {
      if (!token.includes('.')) {
        const n = BigInt(token);
        return n > 2147483647n ? { value: n, type: BIGINT } : { value: Number(n), type: INT };
      }
      const value = numericFromText(token);
      return { value, type: literalDecimal(value) ?? NUMERIC };
    }
    const word = token.toLowerCase();
    if (word === 'null') return { value: null, type: UNKNOWN };
    if (word === 'true' || word === 'false') return { value: word === 'true', type: BOOLEAN };
    if (word === 'array') {
      this.#take('[');
      const items = this.#list(']');
      const type = commonType(items.map((i) => i.type), 'ARRAY');
      return { value: items.map((i) => castValue(i.value, i.type, type, testContext)), type: arrayOf(type) };
    }
    if (this.#peek() === '(') {
      this.#take('(');
      return call(word, this.#list(')'));
    }
    let name = word;
    while (/^[a-z]/i.test(this.#peek())) name += ` ${this.#take()}`;
    return this.#cast(this.#primary(), name);
  }
}

describe('examples in the function tables', () => {
  for (const { name, sql, expected } of allExamples()) {
    it(`${name}: ${sql}`, () => {
      const result = new Expressions(sql).parse();
      const value = result.type.kind === 'unknown' ? { value: result.value, type: TEXT } : result;
      expect(textOf(value)).toBe(expected);
    });
  }
});
