import type { PyValue } from '../../python/value.ts';
import type { CallArguments } from './call-arguments.ts';
import type { Runtime } from './runtime.ts';

/** A method of one of Python's types. */
export type Method<Self> = (self: Self, call: CallArguments, runtime: Runtime) => PyValue;
