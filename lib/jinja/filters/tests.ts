/** Jinja's tests (jinja2/tests.py). */

import { islower, isupper } from '../../python/text.ts';
import { isDict, PyOpaque, type PyValue } from '../../python/value.ts';
import { attempt, unsupportedFault } from '../fault.ts';
import type { CompareOperator } from '../syntax/nodes.ts';
import { isIterable } from '../values/attributes.ts';
import { bind } from '../values/call-arguments.ts';
import { LoopContext } from '../values/loop-context.ts';
import {
  Callable,
  Markup,
  MissingElse,
  Range,
  TemplateObject,
  typeOf,
  Undefined,
  unmarked,
} from '../values/objects.ts';
import { binary, comparison } from '../values/operators.ts';
import type { Runtime, Test } from '../values/runtime.ts';
import { contains, lengthOf } from '../values/sequences.ts';

type RunTest = (value: PyValue, args: (PyValue | undefined)[], runtime: Runtime) => boolean;

interface NamedTest {
  readonly signature: string;
  readonly run: RunTest;
}

const plain = (run: RunTest): NamedTest => ({ signature: '', run });

const comparing = (operator: CompareOperator): NamedTest => ({
  signature: '*b /',
  run: (value, [other = null], runtime) => comparison(operator, value, other, runtime),
});

const hasRest = (rest: bigint) => plain((value, _, runtime) => runtime.equals(binary('%', value, 2n, runtime), rest));

/** `is`. Whether equal texts and numbers are one object in Python's memory can't be known. */
function isSame(value: PyValue, other: PyValue): boolean {
  const known = value === null || typeof value === 'boolean' || typeof value === 'object';
  if (known || value !== other) return value === other;
  throw unsupportedFault(`'sameas' on a ${typeOf(value)}`);
}

function isNumber(value: PyValue): boolean {
  if (value instanceof PyOpaque && !(value instanceof TemplateObject)) {
    throw unsupportedFault("'number' on dates, decimals and bytes");
  }
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';
}

function isSequence(value: PyValue, runtime: Runtime): boolean {
  const sized = attempt(
    () => lengthOf(value, runtime) >= 0n,
    ['type', 'undefined'],
    () => false,
  );
  const indexed =
    !(value instanceof TemplateObject) ||
    value instanceof MissingElse ||
    value instanceof Range ||
    value instanceof Markup;
  return sized && indexed;
}

const NAMED: [string, NamedTest][] = [
  ['odd', hasRest(1n)],
  ['even', hasRest(0n)],
  [
    'divisibleby',
    { signature: '*num', run: (value, [num = null], runtime) => runtime.equals(binary('%', value, num, runtime), 0n) },
  ],
  ['defined', plain((value) => !(value instanceof Undefined))],
  ['undefined', plain((value) => value instanceof Undefined)],
  ['filter', plain((value, _, runtime) => isKnown(value, runtime.tables.filters, runtime))],
  ['test', plain((value, _, runtime) => isKnown(value, runtime.tables.tests, runtime))],
  ['none', plain((value) => value === null)],
  ['boolean', plain((value) => typeof value === 'boolean')],
  ['true', plain((value) => value === true)],
  ['false', plain((value) => value === false)],
  ['integer', plain((value) => typeof value === 'bigint')],
  ['float', plain((value) => typeof value === 'number')],
  ['number', plain(isNumber)],
  ['string', plain((value) => typeof unmarked(value) === 'string')],
  ['mapping', plain((value) => isDict(value))],
  ['sequence', plain((value, _, runtime) => isSequence(value, runtime))],
  ['iterable', plain((value, _, runtime) => isIterable(value, runtime))],
  [
    'callable',
    plain((value) => value instanceof Callable || value instanceof Undefined || value instanceof LoopContext),
  ],
  ['lower', plain((value, _, runtime) => islower(runtime.made(runtime.str(value))))],
  ['upper', plain((value, _, runtime) => isupper(runtime.made(runtime.str(value))))],
  ['escaped', plain((value) => value instanceof Markup)],
  ['sameas', { signature: '*other', run: (value, [other = null]) => isSame(value, other) }],
  ['in', { signature: '*seq', run: (value, [seq = null], runtime) => contains(seq, value, runtime) }],
  ...(['==', '!=', '<', '<=', '>', '>='] as const).map((name): [string, NamedTest] => [name, comparing(name)]),
  ['eq', comparing('==')],
  ['equalto', comparing('==')],
  ['ne', comparing('!=')],
  ['gt', comparing('>')],
  ['greaterthan', comparing('>')],
  ['ge', comparing('>=')],
  ['lt', comparing('<')],
  ['lessthan', comparing('<')],
  ['le', comparing('<=')],
];

/** By name, with their short names. */
export const TESTS: ReadonlyMap<string, Test> = new Map(
  NAMED.map(([name, { signature, run }]): [string, Test] => [
    name,
    (value, call, runtime) => run(value, bind(name, call, signature), runtime),
  ]),
);

function isKnown(value: PyValue, table: ReadonlyMap<string, unknown>, runtime: Runtime): boolean {
  runtime.requireHashable(value);
  return typeof value === 'string' && table.has(value);
}
