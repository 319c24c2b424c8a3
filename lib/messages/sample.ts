import * as z from 'zod';
import { dictOf, laxBool, laxInt, laxNumber, notNegative, sortedDict, text, textDict, ZERO_TEXT } from './lax.ts';
import { commonShape } from './register.ts';

/** Whom the Requester asks, and how. Other keys are ignored, as the Python service ignores them. */
const requesterArgs = dictOf(
  {
    address: text.min(1, 'must not be empty').describe('The supplier to ask.'),
    service: text
      .min(1, 'must not be empty')
      .describe('The service to ask it for; its time-outs are configured by this name.'),
    method: text.default('POST').describe("HTTP method of the Requester's calls."),
    path: text
      .optional()
      .describe(
        "Path of the Requester's calls: `/v1/chat/completions` or `/v1/completions`. Else the override table's, mostly chat.",
      ),
    headers: textDict
      .default(new Map([['Content-Type', 'application/json']]))
      .describe("HTTP headers of the Requester's calls."),
  },
  'ignore',
).describe('Whom the Requester asks, and how. Other keys in it are ignored.');
/** They, as read. */
export type RequesterArgs = z.output<typeof requesterArgs>;

/** What counts as no qty, for JSON Schema. */
const NO_QTY = { anyOf: [{ enum: [0, false, null] }, ZERO_TEXT] };

const idList = z.array(laxNumber, { error: 'must be a list of document ids' });

/** The body of a sample message (MESSAGE-2 to MESSAGE-8). Defaults that depend on the task or the path come later. */
export const sampleMessage = dictOf(
  {
    ...commonShape,
    requester_args: requesterArgs,
    blacklist: idList.default([]).describe('Documents that are not drawn; ids outside the split are ignored.'),
    qty: laxNumber
      .optional()
      .describe('How many documents to draw by the seed; negative means all of them. 0 counts as not given.'),
    doc_ids: idList
      .optional()
      .describe('Exactly these documents instead; order and repeats do not matter. An empty list counts as not given.'),
    model: text
      .default('pocket_network')
      .describe("Kept for the Python service's senders; `llm_args.model` names the model asked."),
    llm_args: sortedDict.optional().describe('Arguments of the model; `model` among them goes into every prompt.'),
    num_fewshot: notNegative
      .optional()
      .describe("Worked examples before each question. Else the override table's, else the task's."),
    gen_kwargs: z.union([text, sortedDict], { error: 'must be an object or text' }).optional().meta({
      description: "Arguments of generation over the task's own, as an object or as `key=value,...`.",
    }),
    bootstrap_iters: laxNumber.default(100000).describe('Handed on to the Evaluator.'),
    system_instruction: text.optional().describe("Text before the task's description in the system message."),
    apply_chat_template: laxBool
      .optional()
      .describe(
        'Prompts as chat messages: true on the chat path and false on `/v1/completions`, as if not sent; else refused.',
      ),
    fewshot_as_multiturn: laxBool
      .optional()
      .describe(
        'Worked examples as turns of their own. If not sent, true on the chat path; on `/v1/completions`, true is refused.',
      ),
    confirm_run_unsafe_code: laxBool.default(false).describe('Handed on to the Evaluator.'),
    seed: laxInt
      .optional()
      .describe("Draws the documents. Else derived from the message's identity, so that a redelivery draws the same."),
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
  })
  .meta({
    title: 'sample message',
    description:
      "Asks for questions of tasks to one supplier's service: `qty` documents drawn by a seed, or those of `doc_ids`.",
    oneOf: [
      { required: ['qty'], properties: { qty: { not: NO_QTY } } },
      { required: ['doc_ids'], properties: { doc_ids: { type: 'array', minItems: 1 } } },
    ],
  });
/** One, as read. */
export type SampleMessage = z.output<typeof sampleMessage>;
