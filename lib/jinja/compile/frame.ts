import type { PyValue } from '../../python/value.ts';
import { limitFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import type { Runtime } from '../values/runtime.ts';

/** The variables of one call of a function scope; `undefined` where nothing is stored. */
export class Frame {
  readonly runtime: Runtime;
  readonly outer: Frame | null;
  readonly slots: (PyValue | undefined)[] = [];
  constructor(runtime: Runtime, outer: Frame | null) {
    this.runtime = runtime;
    this.outer = outer;
  }
}

/** Rendered text. */
export class Output {
  text = '';

  /** Appends, within the limit. */
  write(text: string, { limits }: Budget): void {
    if (this.text.length + text.length > limits.maxOutputChars) {
      throw limitFault(`the rendered text would exceed ${limits.maxOutputChars} characters`);
    }
    this.text += text;
  }
}

/** A compiled expression. */
export type Evaluate = (frame: Frame) => PyValue;

/** A compiled statement. */
export type Execute = (frame: Frame, output: Output) => void;
