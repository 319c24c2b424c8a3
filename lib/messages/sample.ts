import { z } from 'zod';
import { dictOf, laxBool, laxInt, laxNumber, sortedDict, text, textDict } from './lax.ts';
import { commonShape } from './register.ts';

/** Whom the Requester asks, and how. Other keys are ignored, as the Python service ignores them. */
const requesterArgs = dictOf(
  {
    address: text.min(1, 'must not be empty'),
    service: text.min(1, 'must not be empty'),
    method: text.default('POST'),
    path: text.optional(),
    headers: textDict.default(new Map([['Content-Type', 'application/json']])),
  },
  'ignore',
);
export type RequesterArgs = z.output<typeof requesterArgs>;

const idList = z.array(laxNumber, { error: 'must be a list of document ids' });

/** The body of a sample message (CONTRACT, "Messages"; PORTING D1). Defaults that depend on the task or the path come later. */
export const sampleMessage = dictOf(
  {
    ...commonShape,
    requester_args: requesterArgs,
    blacklist: idList.default([]),
    qty: laxNumber.optional(),
    doc_ids: idList.optional(),
    model: text.default('pocket_network'),
    llm_args: sortedDict.optional(),
    num_fewshot: laxNumber.refine((value) => value >= 0, 'must not be negative').optional(),
    gen_kwargs: z.union([text, sortedDict], { error: 'must be an object or text' }).optional(),
    bootstrap_iters: laxNumber.default(100000),
    system_instruction: text.optional(),
    apply_chat_template: laxBool.optional(),
    fewshot_as_multiturn: laxBool.optional(),
    confirm_run_unsafe_code: laxBool.default(false),
    seed: laxInt.optional(),
  },
  'refuse',
)
  .refine(({ qty, doc_ids }) => !(qty && doc_ids?.length), {
    path: ['qty'],
    message: 'give either qty or doc_ids, not both',
  })
  .refine(({ qty, doc_ids }) => qty || doc_ids?.length, {
    path: ['qty'],
    message: 'give qty (not 0; negative means all documents) or doc_ids',
  });
export type SampleMessage = z.output<typeof sampleMessage>;
