import type { z } from 'zod';
import { dictOf, text } from './lax.ts';

/** Keys that register and sample messages share (CONTRACT, "Messages"; the models of PORTING D1). */
export const commonShape = {
  /** Which kind of work: everything that contains `lmeh` is the harness's. */
  framework: text.refine((value) => value.includes('lmeh'), 'must contain "lmeh": no other framework is sampled here'),
  /** Comma list of task names, wildcards, groups and tags. */
  tasks: text,
  verbosity: text.default('ERROR'),
  /** A staged folder of further task definitions; a name, never a path. */
  include_path: text
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be the name of a folder staged under include/, not a path')
    .optional(),
};

/** The body of a register message. */
export const registerMessage = dictOf(commonShape, 'refuse');
export type RegisterMessage = z.output<typeof registerMessage>;
