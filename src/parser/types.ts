import type { IntervalQualifier, TypeField, TypeName } from './ast.ts';
import { asConst, BaseParser, payload, type Rule, syntaxErrorAt, toIdentifier } from './base.ts';
import * as T from './tokens.ts';
import { asTimeUnit } from './time-units.ts';

const { K } = T;

/** What distinguishes one type from `NAMED`. */
type PlainType = Partial<TypeName> & { readonly name: string };

/** Names of types, and interval qualifiers. */
export abstract class TypeParser extends BaseParser {
  /** A type with its array suffixes. */
  protected typeName: Rule<TypeName> = this.RULE('typeName', (): TypeName => {
    this.enter(1);
    const start = this.here();
    const base = this.SUBRULE(this.plainType);
    let arrayDims = 0;
    let multiset = false;
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(T.LBracket);
            this.OPTION(() => this.SUBRULE(this.integer));
            this.CONSUME(T.RBracket);
            arrayDims++;
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.ARRAY);
            this.OPTION2(() => {
              this.CONSUME2(T.LBracket);
              this.SUBRULE2(this.integer);
              this.CONSUME2(T.RBracket);
            });
            arrayDims++;
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.MULTISET);
            multiset = true;
          },
        },
      ]);
    });
    this.leave(1);
    const span = this.span(start);
    if (multiset) return { ...NAMED, name: 'multiset', element: { ...base, arrayDims }, span };
    return { ...base, arrayDims, span };
  });

  /** `t [NOT NULL | NULL]`, as inside ROW and ARRAY. */
  protected nullableType: Rule<TypeName> = this.RULE('nullableType', (): TypeName => {
    const start = this.here();
    const type = this.SUBRULE(this.typeName);
    const nullable =
      this.OPTION(() =>
        this.OR([
          {
            ALT: () => {
              this.CONSUME(K.NOT);
              this.CONSUME(K.NULL);
              return false;
            },
          },
          { ALT: () => asConst(this.CONSUME2(K.NULL), true) },
        ]),
      ) ?? null;
    return { ...type, nullable, span: this.span(start) };
  });

  protected plainType: Rule<TypeName> = this.RULE('plainType', (): TypeName => {
    const start = this.here();
    const type: PlainType = this.OR([
      { GATE: () => this.at(2, T.Lt), ALT: () => this.SUBRULE(this.collectionType) },
      { GATE: () => this.at(2, T.Lt) || this.at(2, T.LParen), ALT: () => this.SUBRULE(this.rowType) },
      { IGNORE_AMBIGUITIES: true, ALT: () => this.SUBRULE(this.timeType) },
      {
        IGNORE_AMBIGUITIES: true,
        ALT: () => {
          this.CONSUME(K.INTERVAL);
          const qualifier = this.OPTION({ GATE: () => this.atTimeUnit(1), DEF: () => this.SUBRULE(this.intervalQualifier) }) ?? null;
          const args = this.SUBRULE(this.typeArgs);
          return { name: 'interval', interval: qualifier, args };
        },
      },
      {
        GATE: () => this.at(2, K.PRECISION),
        ALT: () => {
          this.CONSUME(K.DOUBLE);
          this.CONSUME(K.PRECISION);
          return { name: 'double precision' };
        },
      },
      { GATE: () => this.at(2, K.VARYING), ALT: () => this.SUBRULE(this.varyingType) },
      { ALT: () => this.SUBRULE(this.genericType) },
    ]);
    return { ...NAMED, ...type, span: this.span(start) };
  });

  protected collectionType: Rule<PlainType> = this.RULE('collectionType', (): PlainType =>
    this.OR([
      {
        ALT: () => {
          this.CONSUME(K.ARRAY);
          this.CONSUME(T.Lt);
          const element = this.SUBRULE(this.nullableType);
          this.CONSUME(T.Gt);
          return { name: 'array', element };
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.MULTISET);
          this.CONSUME2(T.Lt);
          const element = this.SUBRULE2(this.nullableType);
          this.CONSUME2(T.Gt);
          return { name: 'multiset', element };
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.MAP);
          this.CONSUME3(T.Lt);
          const key = this.SUBRULE3(this.nullableType);
          this.CONSUME(T.Comma);
          const element = this.SUBRULE4(this.nullableType);
          this.CONSUME3(T.Gt);
          return { name: 'map', key, element };
        },
      },
    ]));

  /** `ROW<a INT>`, `ROW(a INT)`; `STRUCT` is another word for it. */
  protected rowType: Rule<PlainType> = this.RULE('rowType', () => {
    const fields: TypeField[] = [];
    this.OR2([{ ALT: () => this.CONSUME(K.ROW) }, { ALT: () => this.CONSUME(K.STRUCT) }]);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.Lt);
          this.MANY_SEP({ SEP: T.Comma, DEF: () => fields.push(this.SUBRULE(this.typeField)) });
          this.CONSUME(T.Gt);
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.LParen);
          this.MANY_SEP2({ SEP: T.Comma, DEF: () => fields.push(this.SUBRULE2(this.typeField)) });
          this.CONSUME(T.RParen);
        },
      },
    ]);
    return { name: 'row', fields };
  });

  protected typeField: Rule<TypeField> = this.RULE('typeField', (): TypeField => {
    const name = this.SUBRULE(this.label);
    const type = this.SUBRULE(this.nullableType);
    const comment = this.OPTION(() => this.SUBRULE(this.stringLiteral)) ?? null;
    return { name, type, comment };
  });

  /** `TIMESTAMP(3) WITH LOCAL TIME ZONE` and its kin. */
  protected timeType: Rule<PlainType> = this.RULE('timeType', () => {
    const base = this.OR([
      { ALT: () => asConst(this.CONSUME(K.TIMESTAMP), 'timestamp') },
      { ALT: () => asConst(this.CONSUME(K.TIME), 'time') },
    ]);
    const args = this.SUBRULE(this.typeArgs);
    const zone =
      this.OPTION({
        GATE: () => this.at(2, K.TIME) || this.at(2, K.LOCAL),
        DEF: () => {
          const mode = this.OR2([
            { ALT: () => asConst(this.CONSUME(K.WITH), ' with') },
            { ALT: () => asConst(this.CONSUME(K.WITHOUT), ' without') },
          ]);
          const local = this.OPTION2(() => asConst(this.CONSUME(K.LOCAL), ' local')) ?? '';
          this.CONSUME2(K.TIME);
          this.CONSUME(K.ZONE);
          return `${mode}${local} time zone`;
        },
      }) ?? '';
    return { name: base + zone, args };
  });

  protected varyingType: Rule<PlainType> = this.RULE('varyingType', () => {
    const base = this.OR([
      { ALT: () => asConst(this.CONSUME(K.CHARACTER), 'character') },
      { ALT: () => asConst(this.CONSUME(K.BIT), 'bit') },
    ]);
    this.CONSUME(K.VARYING);
    const args = this.SUBRULE(this.typeArgs);
    return { name: `${base} varying`, args };
  });

  protected genericType: Rule<PlainType> = this.RULE('genericType', (): PlainType => {
    const names = [toIdentifier(this.CONSUME(T.FunctionWord))];
    this.MANY(() => {
      this.CONSUME(T.Dot);
      names.push(this.SUBRULE(this.label));
    });
    const args = this.SUBRULE(this.typeArgs);
    if (this.RECORDING_PHASE) return { name: '' };
    const last = names.at(-1);
    const schema = names.at(-2) ?? null;
    if (last === undefined) return { name: '' };
    return { name: last.quoted ? last.name : last.name.toLowerCase(), quoted: last.quoted, schema, args };
  });

  protected typeArgs: Rule<number[]> = this.RULE('typeArgs', (): number[] => {
    const args: number[] = [];
    this.OPTION(() => {
      this.CONSUME(T.LParen);
      this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => args.push(this.SUBRULE(this.integer)) });
      this.CONSUME(T.RParen);
    });
    return args;
  });

  /** `DAY TO SECOND(3)` */
  protected intervalQualifier: Rule<IntervalQualifier> = this.RULE('intervalQualifier', (): IntervalQualifier => {
    const from = this.SUBRULE(this.timeUnit);
    const first =
      this.OPTION(() => {
        this.CONSUME(T.LParen);
        const precision = this.SUBRULE(this.integer);
        this.CONSUME(T.RParen);
        return precision;
      }) ?? null;
    const rest = this.OPTION2({
      GATE: () => this.atTimeUnit(2),
      DEF: () => {
        this.CONSUME(K.TO);
        const to = this.SUBRULE2(this.timeUnit);
        const precision =
          this.OPTION3(() => {
            this.CONSUME3(T.LParen);
            const value = this.SUBRULE3(this.integer);
            this.CONSUME3(T.RParen);
            return value;
          }) ?? null;
        return { to, precision };
      },
    });
    if (rest !== undefined) return { from, to: rest.to, leadingPrecision: first, fractionPrecision: rest.precision };
    if (from === 'SECOND') return { from, to: null, leadingPrecision: null, fractionPrecision: first };
    return { from, to: null, leadingPrecision: first, fractionPrecision: null };
  });

  protected timeUnit: Rule<string> = this.RULE('timeUnit', (): string => {
    const token = this.CONSUME(T.Ident);
    const unit = asTimeUnit(payload(token));
    if (unit === undefined && !this.RECORDING_PHASE) throw syntaxErrorAt(token);
    return unit ?? '';
  });

  protected atTimeUnit(k: number): boolean {
    const token = this.LA(k);
    return token.tokenType !== T.QuotedName && asTimeUnit(token.image) !== undefined;
  }
}

const NAMED: TypeName = {
  kind: 'type',
  schema: null,
  name: '',
  quoted: false,
  args: [],
  fields: null,
  key: null,
  element: null,
  interval: null,
  arrayDims: 0,
  nullable: null,
  span: { start: 0, end: 0 },
};
