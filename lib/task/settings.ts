import type { TaskConfig } from '../catalogue/task-config.ts';
import { chatPrinter, completionPrinter, modelArgs } from '../payload/data.ts';
import { mergeGenKwargs } from '../plan/gen-kwargs.ts';
import type { Plan } from '../plan/plan.ts';
import type { PyValue } from '../python/value.ts';
import type { RenderSettings } from './renderer.ts';

/** How a plan's documents are rendered. */
export function renderSettings(plan: Plan, config: TaskConfig): RenderSettings {
  const { message } = plan;
  return {
    requestType: plan.requestType,
    chat: message.applyChatTemplate,
    multiturn: message.fewshotAsMultiturn,
    numFewshot: plan.numFewshot,
    systemInstruction: message.systemInstruction,
    generationKwargs: mergeGenKwargs(config.generation_kwargs, message.genKwargs),
    model: modelArgs(message.llmArgs),
  };
}

/** Tokens that an answer may have, for its time-out (PAYLOAD-14): the request's own arguments count before the task's. */
export function answerLength(plan: Plan, config: TaskConfig): number {
  if (plan.requestType === 'loglikelihood') return 1;
  const kwargs = plan.message.genKwargs?.size ? plan.message.genKwargs : config.generation_kwargs;
  const length: PyValue = kwargs?.get('max_gen_toks') ?? 1024n;
  const number =
    typeof length === 'bigint' || typeof length === 'number' || typeof length === 'string'
      ? Number(length)
      : Number.NaN;
  return Number.isFinite(number) ? number : 1024;
}

/**
 * Finds out before any work is begun whether the request's arguments can be written into prompts.
 * @throws PermanentError BadMessage naming the argument.
 */
export function checkRequest(plan: Plan, config: TaskConfig): void {
  const { chat, generationKwargs, model, requestType } = renderSettings(plan, config);
  if (requestType === 'loglikelihood') return;
  if (chat) chatPrinter(generationKwargs, model);
  else completionPrinter(generationKwargs, model);
}
