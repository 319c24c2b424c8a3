import type * as z from 'zod';
import { dictOf, text } from './lax.ts';

/** Keys that register and sample messages share (MESSAGE-2). */
export const commonShape = {
  tasks: text
    .regex(/[^\s,]/, 'must name at least one task')
    .describe('Names of tasks, groups and tags, and wildcards, with commas between; blanks around them do not count.'),
  verbosity: text.default('ERROR').describe("Kept for the Python service's senders; changes nothing."),
  include_path: text
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be the name of a folder staged under include/, not a path')
    .optional()
    .describe(
      "A staged folder of further task definitions (`include/<name>/`): a name, never a path. Else the configuration's.",
    ),
};

/** The body of a register message. */
export const registerMessage = dictOf(
  {
    framework: text
      .refine((value) => value.includes('lmeh'), 'must contain "lmeh": no other framework has data sets')
      .meta({ pattern: 'lmeh', description: "Which kind of work: everything that contains `lmeh` is the harness's." }),
    ...commonShape,
  },
  'refuse',
).meta({
  title: 'register message',
  description: 'Loads the data sets of tasks into Postgres, each once.',
});
/** One, as read. */
export type RegisterMessage = z.output<typeof registerMessage>;
