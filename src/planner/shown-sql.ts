import type { Span } from '../common/span.ts';
import type { OptionItem } from '../parser/ast-objects.ts';
import type { Statement } from '../parser/ast-statements.ts';

const MASK = '******';

/**
 * A statement's text as it may be shown (SHOW CREATE, system relations): what is secret among its options, and the value of
 * CREATE SECRET, is masked. `text` is what the statement's spans point into.
 */
export function shownSql(text: string, statement: Statement, maskedOptions: (options: Readonly<Record<string, string>>) => Readonly<Record<string, string>>): string {
  const hidden: { readonly span: Span; readonly shown: string }[] = [];
  for (const options of optionsOf(statement)) {
    const masked = maskedOptions(Object.fromEntries(options.map((o) => [o.key.toLowerCase(), o.secret ? '' : (o.value ?? '')])));
    for (const o of options) {
      const shown = masked[o.key.toLowerCase()];
      if (!o.secret && o.value !== null && shown !== undefined && shown !== o.value) hidden.push({ span: o.valueSpan, shown });
    }
  }
  if (statement.kind === 'createObject' && statement.value !== null) hidden.push({ span: statement.value.span, shown: MASK });
  let out = text.slice(0, statement.span.end);
  for (const { span, shown } of hidden.toSorted((a, b) => b.span.start - a.span.start)) {
    out = `${out.slice(0, span.start)}'${shown.replaceAll("'", "''")}'${out.slice(span.end)}`;
  }
  return out.slice(statement.span.start);
}

function optionsOf(s: Statement): readonly (readonly OptionItem[])[] {
  switch (s.kind) {
    case 'createTable':
    case 'createSink':
      return [s.options, s.format?.options ?? []];
    case 'createView':
    case 'createObject':
      return [s.options];
    case 'alter':
      return s.actions.flatMap((a) => (a.kind === 'setOptions' ? [a.options] : []));
    default:
      return [];
  }
}
