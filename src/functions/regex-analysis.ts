import { bothCases, complement, disjoint, union, type CharSet } from './char-set.ts';
import { someNode } from './regex-emit.ts';
import type { RegexNode } from './regex-tree.ts';

/**
 * What a backtracking engine may cost at worst on a pattern, and whether its choices are PostgreSQL's.
 * `Follow` is what may come next: a set, `undefined` when unknown, the empty set when the match is complete.
 */
type Follow = CharSet | undefined;

interface First {
  readonly set: Follow;
  readonly nullable: boolean;
}

const END: CharSet = [];
const firsts = new WeakMap<RegexNode, First>();

function firstOf(node: RegexNode): First {
  let found = firsts.get(node);
  if (found === undefined) {
    found = findFirst(node);
    firsts.set(node, found);
  }
  return found;
}

function findFirst(node: RegexNode): First {
  switch (node.kind) {
    case 'chars': {
      if (node.of.properties.length > 0) return { set: undefined, nullable: false };
      const set = node.ignoreCase ? bothCases(node.of.ranges) : node.of.ranges;
      return { set: set === undefined || !node.of.negated ? set : complement(set), nullable: false };
    }
    case 'anchor':
    case 'look':
      return { set: END, nullable: true };
    case 'back':
      return { set: undefined, nullable: true };
    case 'group':
      return firstOf(node.body);
    case 'repeat': {
      const body = firstOf(node.body);
      return { set: body.set, nullable: body.nullable || node.min === 0 };
    }
    case 'seq': {
      let set: Follow = END;
      for (const item of node.items) {
        const first = firstOf(item);
        set = either(set, first.set);
        if (!first.nullable) return { set, nullable: false };
      }
      return { set, nullable: true };
    }
    case 'alt': {
      const all = node.options.map(firstOf);
      return { set: all.reduce<Follow>((s, f) => either(s, f.set), END), nullable: all.some((f) => f.nullable) };
    }
  }
}

const either = (a: Follow, b: Follow): Follow => (a === undefined || b === undefined ? undefined : union(a, b));
const apart = (a: Follow, b: Follow): boolean => (a?.length === 0 || b?.length === 0 ? true : a !== undefined && b !== undefined && disjoint(a, b));

/** What each tail of a sequence begins with, found once: a pattern may have thousands of items. */
const tails = new WeakMap<readonly RegexNode[], readonly First[]>();

function tailsOf(items: readonly RegexNode[]): readonly First[] {
  let found = tails.get(items);
  if (found === undefined) {
    const made: First[] = [{ set: END, nullable: true }];
    for (const item of items.toReversed()) {
      const first = firstOf(item);
      const rest = made.at(-1);
      made.push(first.nullable && rest !== undefined ? { set: either(first.set, rest.set), nullable: rest.nullable } : first);
    }
    found = made.toReversed();
    tails.set(items, found);
  }
  return found;
}

/** What follows item `i` of a sequence that is itself followed by `follow`. */
function followOf(items: readonly RegexNode[], i: number, follow: Follow): Follow {
  const rest = tailsOf(items)[i + 1];
  if (rest === undefined) return follow;
  return rest.nullable ? either(rest.set, follow) : rest.set;
}

interface Cost {
  /** Ways to match from one position that lead on to what follows. */
  readonly ways: number;
  readonly steps: number;
}

function costOf(node: RegexNode, follow: Follow, n: number): Cost {
  switch (node.kind) {
    case 'chars':
    case 'anchor':
      return { ways: 1, steps: 1 };
    case 'back':
      return { ways: 1, steps: n };
    case 'look': {
      // A look-behind is matched backwards, where what follows isn't known.
      const body = costOf(node.body, node.open.startsWith('(?<') ? undefined : END, n);
      return { ways: 1, steps: node.open.startsWith('(?<') ? body.steps * body.ways : body.steps };
    }
    case 'group':
      return costOf(node.body, follow, n);
    case 'seq': {
      let ways = 1;
      let steps = 1;
      for (const [i, item] of node.items.entries()) {
        const cost = costOf(item, followOf(node.items, i, follow), n);
        steps += ways * cost.steps;
        ways *= cost.ways;
      }
      return { ways, steps };
    }
    case 'alt': {
      const costs = node.options.map((o) => costOf(o, follow, n));
      const steps = costs.reduce((sum, c) => sum + c.steps, 1);
      return { ways: areApart(node.options) ? Math.max(...costs.map((c) => c.ways)) : costs.reduce((sum, c) => sum + c.ways, 0), steps };
    }
    case 'repeat': {
      const first = firstOf(node.body);
      const body = costOf(node.body, either(first.set, follow), n);
      const times = Math.min(node.max, n + 1);
      const one = !first.nullable && apart(first.set, follow);
      if (body.ways <= 1 && !first.nullable) return { ways: one ? 1 : times - Math.min(node.min, times) + 1, steps: times * body.steps + 1 };
      if (times <= 1) return { ways: body.ways + 1, steps: body.steps + 1 };
      const ways = body.ways ** times;
      return { ways: ways + 1, steps: (ways + 1) * body.steps };
    }
  }
}

const apartness = new WeakMap<readonly RegexNode[], boolean>();

/** Whether one character tells the options apart. */
function areApart(options: readonly RegexNode[]): boolean {
  let found = apartness.get(options);
  if (found === undefined) {
    found = options.every((o) => !firstOf(o).nullable) && noneShared(options.map((o) => firstOf(o).set));
    apartness.set(options, found);
  }
  return found;
}

/** Whether no character is in two of the sets; an empty one says nothing against it. */
function noneShared(sets: readonly Follow[]): boolean {
  const known = sets.filter((set) => set !== undefined);
  if (known.length < sets.length) return sets.filter((set) => set?.length !== 0).length <= 1;
  const ranges = known.flat().toSorted((a, b) => a[0] - b[0]);
  return ranges.every(([from], i) => from > (ranges[i - 1]?.[1] ?? -1));
}

const startsAtStart = (node: RegexNode): boolean =>
  node.kind === 'anchor' ? node.anchor === 'textStart' : node.kind === 'seq' ? node.items[0] !== undefined && startsAtStart(node.items[0]) : node.kind === 'group' && startsAtStart(node.body);

/** An upper bound of the steps that backtracking takes on any text of `n` characters. */
export function worstSteps(node: RegexNode, n: number): number {
  return costOf(node, END, n).steps * (startsAtStart(node) ? 1 : n + 1);
}

/** How many characters and anchors the pattern has with its counted repetitions written out: what a linear engine's program grows with. */
export function programSize(node: RegexNode): number {
  switch (node.kind) {
    case 'chars':
    case 'anchor':
    case 'back':
      return 1;
    case 'look':
    case 'group':
      return 1 + programSize(node.body);
    case 'seq':
      return node.items.reduce((sum, n) => sum + programSize(n), 0);
    case 'alt':
      return node.options.reduce((sum, n) => sum + 1 + programSize(n), 0);
    case 'repeat':
      return 1 + programSize(node.body) * Math.max(1, node.max === Infinity ? node.min : node.max);
  }
}

const LENGTHS = [1_000_000, 100_000, 30_000, 10_000, 3000, 1000, 600, 400, 250, 150, 100, 60, 40, 25, 15, 10, 5];

/** A length of texts (a million at most) on which backtracking stays within `budget` steps; 0 when there is none. */
export function longestWithin(node: RegexNode, budget: number): number {
  return LENGTHS.find((n) => worstSteps(node, n) <= budget) ?? 0;
}

const isEverything = (n: RegexNode): boolean =>
  n.kind === 'repeat' && n.max === Infinity && !n.lazy && n.body.kind === 'chars' && n.body.of.properties.length === 0 && !n.body.of.negated && n.body.of.ranges.length === 1 && n.body.of.ranges[0]?.[1] === 0x10ffff && n.body.of.ranges[0][0] === 0;

/** Whether every match ends where the text ends: then length is no matter of choice. */
export function endsAtEnd(node: RegexNode): boolean {
  switch (node.kind) {
    case 'anchor':
      return node.anchor === 'textEnd';
    case 'repeat':
      return isEverything(node);
    case 'group':
      return endsAtEnd(node.body);
    case 'seq': {
      const last = node.items.at(-1);
      return last !== undefined && endsAtEnd(last);
    }
    case 'alt':
      return node.options.every(endsAtEnd);
    case 'chars':
    case 'look':
    case 'back':
      return false;
  }
}

function fixedLength(node: RegexNode): boolean {
  switch (node.kind) {
    case 'chars':
    case 'anchor':
    case 'look':
      return true;
    case 'back':
      return false;
    case 'group':
      return fixedLength(node.body);
    case 'repeat':
      return node.min === node.max && fixedLength(node.body);
    case 'seq':
      return node.items.every(fixedLength);
    case 'alt':
      return node.options.every((o) => fixedLength(o) && o.kind === 'chars');
  }
}

/** Whether the first match by order of preference may be shorter than the longest one (greedy quantifiers only). */
export function mayStopShort(node: RegexNode, follow: CharSet | undefined = END, tailFixed = true): boolean {
  switch (node.kind) {
    case 'chars':
    case 'anchor':
    case 'look':
    case 'back':
      return false;
    case 'group':
      return mayStopShort(node.body, follow, tailFixed);
    case 'seq': {
      const lastVarying = node.items.findLastIndex((item) => !fixedLength(item));
      return node.items.some((item, i) => mayStopShort(item, followOf(node.items, i, follow), tailFixed && i >= lastVarying));
    }
    case 'alt':
      return (!areApart(node.options) && !fixedLength(node)) || node.options.some((o) => mayStopShort(o, follow, tailFixed));
    case 'repeat': {
      if (node.min === node.max && fixedLength(node.body)) return false;
      const first = firstOf(node.body);
      const inner = either(first.set, follow);
      if (node.body.kind !== 'chars' && mayStopShort(node.body, inner, false)) return true;
      return !tailFixed && !(apart(first.set, follow) && !first.nullable);
    }
  }
}

/** PostgreSQL's rule: an expression prefers as its first quantified part does; one with alternatives prefers long matches. */
export function preference(node: RegexNode): 'greedy' | 'lazy' | undefined {
  switch (node.kind) {
    case 'alt':
      return 'greedy';
    case 'group':
      return preference(node.body);
    case 'repeat':
      return node.min === node.max ? preference(node.body) : node.lazy ? 'lazy' : 'greedy';
    case 'seq':
      for (const item of node.items) {
        const found = preference(item);
        if (found !== undefined) return found;
      }
      return undefined;
    case 'chars':
    case 'anchor':
    case 'look':
    case 'back':
      return undefined;
  }
}

const isLazy = (n: RegexNode): boolean => n.kind === 'repeat' && n.lazy && n.min !== n.max;
const isGreedy = (n: RegexNode): boolean => (n.kind === 'repeat' && !n.lazy && n.min !== n.max) || (n.kind === 'alt' && !areApart(n.options));

export const hasLazy = (node: RegexNode): boolean => someNode(node, isLazy);
export const mixesPreferences = (node: RegexNode): boolean => hasLazy(node) && someNode(node, isGreedy);

/**
 * Whether what a group holds after repetitions depends on the engine: the runtime's forgets a group with each repetition and
 * takes no empty one, PostgreSQL, Java and RE2 keep what it held last.
 */
export const repeatsCapture = (node: RegexNode): boolean =>
  someNode(node, (n) => n.kind === 'repeat' && n.min !== n.max && hasCapture(n.body) && (firstOf(n.body).nullable || (n.max > 1 && someNode(n.body, mayLeaveOut)))) ||
  someNode(node, (n) => n.kind === 'repeat' && n.min === n.max && n.max > 1 && someNode(n.body, mayLeaveOut));

const isCapture = (n: RegexNode): boolean => n.kind === 'group' && n.capture;
const hasCapture = (node: RegexNode): boolean => someNode(node, isCapture);
const mayLeaveOut = (n: RegexNode): boolean => (n.kind === 'alt' && hasCapture(n)) || (n.kind === 'repeat' && n.min === 0 && hasCapture(n.body));
