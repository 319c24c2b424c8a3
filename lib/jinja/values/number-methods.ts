/** The methods of Python's `int` and `float`. */
import { PyTuple } from '../../python/value.ts';
import { Fault } from '../fault.ts';
import { fraction } from './arithmetic.ts';
import { bind } from './call-arguments.ts';
import type { Method } from './runtime.ts';

/** By name. */
export const INT_METHODS: ReadonlyMap<string, Method<bigint>> = new Map<string, Method<bigint>>([
  [
    'bit_length',
    (self, call) => {
      bind('bit_length', call, '');
      return self === 0n ? 0n : BigInt((self < 0n ? -self : self).toString(2).length);
    },
  ],
  [
    'bit_count',
    (self, call) => {
      bind('bit_count', call, '');
      return BigInt((self < 0n ? -self : self).toString(2).replaceAll('0', '').length);
    },
  ],
  [
    'conjugate',
    (self, call) => {
      bind('conjugate', call, '');
      return self;
    },
  ],
  [
    'as_integer_ratio',
    (self, call) => {
      bind('as_integer_ratio', call, '');
      return new PyTuple([self, 1n]);
    },
  ],
]);

/** By name. */
export const FLOAT_METHODS: ReadonlyMap<string, Method<number>> = new Map<string, Method<number>>([
  [
    'is_integer',
    (self, call) => {
      bind('is_integer', call, '');
      return Number.isInteger(self);
    },
  ],
  [
    'conjugate',
    (self, call) => {
      bind('conjugate', call, '');
      return self;
    },
  ],
  [
    'as_integer_ratio',
    (self, call) => {
      bind('as_integer_ratio', call, '');
      if (!Number.isFinite(self)) throw new Fault('arithmetic', 'cannot convert infinity or NaN to integer ratio');
      return new PyTuple(fraction(self));
    },
  ],
]);
