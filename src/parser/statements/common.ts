import type { Expr, Identifier, ObjectName } from '../ast.ts';
import type { ObjectType, OptionItem } from '../ast-objects.ts';
import { asConst, payload, type Rule, syntaxErrorAt } from '../base.ts';
import { QueryParser } from '../queries.ts';
import * as T from '../tokens.ts';

const { K } = T;

/** One option's value, before it is an `OptionItem`. */
interface OptionValue {
  readonly value: string;
  readonly secret: boolean;
}

/** What several statement families share: options, comments, object types. */
export abstract class StatementBase extends QueryParser {
  /** `('k' = 'v', name = 1, flag)` */
  protected options: Rule<OptionItem[]> = this.RULE('options', (): OptionItem[] => {
    const options: OptionItem[] = [];
    this.CONSUME(T.LParen);
    this.MANY_SEP({ SEP: T.Comma, DEF: () => options.push(this.SUBRULE(this.optionItem)) });
    this.CONSUME(T.RParen);
    return options;
  });

  /** `WITH (..)`; empty without it. */
  protected withOptions: Rule<OptionItem[]> = this.RULE('withOptions', (): OptionItem[] =>
    this.OPTION({
      GATE: () => this.at(2, T.LParen),
      DEF: () => {
        this.CONSUME(K.WITH);
        return this.SUBRULE(this.options);
      },
    }) ?? []);

  protected optionItem: Rule<OptionItem> = this.RULE('optionItem', (): OptionItem => {
    const start = this.here();
    const key = this.SUBRULE(this.dottedKey);
    const keySpan = this.span(start);
    this.OPTION(() => this.CONSUME(T.Eq));
    const valueStart = this.here();
    const value = this.OPTION2(() => this.SUBRULE(this.optionValue));
    const valueSpan = value === undefined ? keySpan : this.span(valueStart);
    return { key, value: value?.value ?? null, secret: value?.secret ?? false, span: this.span(start), valueSpan };
  });

  /** `'a.b'` or `a.b`; hyphens need quotes. */
  protected dottedKey: Rule<string> = this.RULE('dottedKey', (): string => {
    const parts: string[] = [];
    this.OR([
      { ALT: () => parts.push(this.SUBRULE(this.stringLiteral)) },
      {
        ALT: () => {
          parts.push(payload(this.CONSUME(T.Word)));
          this.MANY(() => {
            this.CONSUME(T.Dot);
            parts.push(payload(this.CONSUME2(T.Word)));
          });
        },
      },
    ]);
    return parts.join('.');
  });

  protected optionValue: Rule<OptionValue> = this.RULE('optionValue', (): OptionValue =>
    this.OR([
      { ALT: (): OptionValue => ({ value: this.SUBRULE(this.stringLiteral), secret: false }) },
      { ALT: (): OptionValue => ({ value: this.SUBRULE(this.signedNumber), secret: false }) },
      {
        GATE: () => this.atIdent(2),
        ALT: (): OptionValue => {
          this.CONSUME(K.SECRET);
          const name = this.SUBRULE(this.objectName);
          return { value: nameText(name), secret: true };
        },
      },
      { ALT: (): OptionValue => ({ value: payload(this.CONSUME(T.Word)), secret: false }) },
    ]));

  /** A number as text, with its sign. */
  protected signedNumber: Rule<string> = this.RULE('signedNumber', (): string => {
    const sign = this.OPTION(() => this.OR([{ ALT: () => asConst(this.CONSUME(T.Minus), '-') }, { ALT: () => asConst(this.CONSUME(T.Plus), '') }])) ?? '';
    return `${sign}${payload(this.CONSUME(T.NumberLit))}`;
  });

  /** `(BROKER 'a', SASL MECHANISM = 'b')`: keys of several words, in upper case. */
  protected wordOptions: Rule<OptionItem[]> = this.RULE('wordOptions', (): OptionItem[] => {
    const options: OptionItem[] = [];
    this.CONSUME(T.LParen);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const start = this.here();
        const words: string[] = [];
        this.AT_LEAST_ONE({ GATE: () => words.length === 0 || !(this.at(1, K.SECRET) && this.atIdent(2)), DEF: () => words.push(this.SUBRULE(this.upperWord)) });
        this.OPTION(() => this.CONSUME(T.Eq));
        const valueStart = this.here();
        const { value, secret } = this.SUBRULE(this.wordValue);
        options.push({ key: words.join(' '), value, secret, span: this.span(start), valueSpan: this.span(valueStart) });
      },
    });
    this.CONSUME(T.RParen);
    return options;
  });

  protected wordValue: Rule<OptionValue> = this.RULE('wordValue', (): OptionValue =>
    this.OR([
      { ALT: (): OptionValue => ({ value: this.SUBRULE(this.stringLiteral), secret: false }) },
      { ALT: (): OptionValue => ({ value: this.SUBRULE(this.signedNumber), secret: false }) },
      {
        ALT: (): OptionValue => {
          this.CONSUME(K.SECRET);
          const name = this.SUBRULE(this.objectName);
          return { value: nameText(name), secret: true };
        },
      },
    ]));

  /** `COMMENT 'text'` */
  protected comment: Rule<string | null> = this.RULE('comment', (): string | null =>
    this.OPTION(() => {
      this.CONSUME(K.COMMENT);
      return this.SUBRULE(this.stringLiteral);
    }) ?? null);

  /** `PARTITION (a = 'x', b)` */
  protected partitionSpec: Rule<{ column: Identifier; value: Expr | null }[]> = this.RULE('partitionSpec', () => {
    const parts: { column: Identifier; value: Expr | null }[] = [];
    this.CONSUME(K.PARTITION);
    this.CONSUME(T.LParen);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const column = this.SUBRULE(this.identifier);
        const value =
          this.OPTION(() => {
            this.CONSUME(T.Eq);
            return this.SUBRULE(this.expr);
          }) ?? null;
        parts.push({ column, value });
      },
    });
    this.CONSUME(T.RParen);
    return parts;
  });

  /** The kind of object a statement is about; two words make one (`MATERIALIZED VIEW`). */
  protected objectType: Rule<ObjectType> = this.RULE('objectType', (): ObjectType =>
    this.OR([
      {
        IGNORE_AMBIGUITIES: true,
        ALT: (): ObjectType => {
          this.CONSUME(K.MATERIALIZED);
          this.OR2([{ ALT: () => this.CONSUME(K.VIEW) }, { ALT: () => this.CONSUME(K.TABLE) }]);
          return 'materialized view';
        },
      },
      { ALT: (): ObjectType => asConst(this.CONSUME2(K.TABLE), 'table') },
      { ALT: (): ObjectType => asConst(this.CONSUME(K.COLUMN), 'column') },
      {
        ALT: (): ObjectType => {
          const word = payload(this.CONSUME(T.Ident));
          const found = OBJECT_TYPES.get(word.toUpperCase());
          if (found === undefined && !this.RECORDING_PHASE) throw syntaxErrorAt(this.LA(0));
          return found ?? 'table';
        },
      },
    ]));

  /** True when an object's type is the `k`-th token ahead. */
  protected atObjectType(k: number): boolean {
    const token = this.LA(k);
    return token.tokenType !== T.QuotedName && (token.tokenType === K.TABLE || token.tokenType === K.COLUMN || token.tokenType === K.MATERIALIZED || OBJECT_TYPES.has(token.image.toUpperCase()));
  }

  /** Any word, in upper case. */
  protected upperWord: Rule<string> = this.RULE('upperWord', (): string => payload(this.CONSUME(T.Word)).toUpperCase());

  /** Any word or string, in lower case. */
  protected lowerWord: Rule<string> = this.RULE('lowerWord', (): string => payload(this.OR([{ ALT: () => this.CONSUME(T.Word) }, { ALT: () => this.CONSUME(T.StringLit) }])).toLowerCase());
}

/** `a.b.c` */
export function nameText(name: ObjectName): string {
  return name.parts?.map((part) => part.name).join('.') ?? '';
}

const OBJECT_TYPES: ReadonlyMap<string, ObjectType> = new Map([
  ['SOURCE', 'source'], ['VIEW', 'view'], ['INDEX', 'index'], ['SINK', 'sink'], ['SUBSCRIPTION', 'subscription'], ['FUNCTION', 'function'], ['AGGREGATE', 'aggregate'],
  ['DATABASE', 'database'], ['SCHEMA', 'schema'], ['CATALOG', 'catalog'], ['CONNECTION', 'connection'], ['SECRET', 'secret'], ['MODEL', 'model'], ['SEQUENCE', 'sequence'],
  ['TYPE', 'type'], ['ROLE', 'role'], ['PROCEDURE', 'procedure'], ['JOB', 'job'],
]);
