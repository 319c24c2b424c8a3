import { type TaskConfig, toTaskConfig } from '../catalogue/task-config.ts';
import { modelArgs, PLAIN_STYLE } from '../payload/data.ts';
import type { PyValue } from '../python/value.ts';
import type { RenderSettings } from '../task/render-settings.ts';
import type { TaskRendering } from '../task/slice.ts';
import { mergeGenKwargs } from './gen-kwargs.ts';
import type { Plan } from './plan.ts';

/** The harness's default seed of few-shot draws (`set_fewshot_seed`). */
const FEWSHOT_SEED = 1234n;

/** What a plan says of rendering its documents. @throws PermanentError BadTaskDefinition where its task can't be read */
export function renderingOf(plan: Plan): TaskRendering {
  const config = toTaskConfig(plan.entry.config);
  return { config, settings: renderSettings(plan, config), evalSplit: plan.evalSplit };
}

/** The settings in effect: what was asked, where it says nothing the task's own. */
export function renderSettings({ asked, ...plan }: Plan, config: TaskConfig): RenderSettings {
  return {
    requestType: plan.requestType,
    chat: asked.applyChatTemplate,
    multiturn: asked.fewshotAsMultiturn,
    shots: plan.shotsInEffect,
    fewshotSeed: plan.randomSeed ?? FEWSHOT_SEED,
    systemInstruction: asked.systemInstruction,
    generationKwargs: mergeGenKwargs(config.generation_kwargs, asked.genKwargs),
    model: modelArgs(asked.llmArgs, plan.requestStyle),
  };
}

/** Tokens that an answer may have, for its time-out (PAYLOAD-14): the request's own arguments count before the task's. */
export function answerLength({ requestType, asked, requestStyle = PLAIN_STYLE }: Plan, config: TaskConfig): number {
  if (requestType === 'loglikelihood') return 1;
  const kwargs = asked.genKwargs && asked.genKwargs.size > 0 ? asked.genKwargs : config.generation_kwargs;
  const length: PyValue = kwargs?.get('max_gen_toks') ?? BigInt(requestStyle.defaultTokens);
  const number =
    typeof length === 'bigint' || typeof length === 'number' || typeof length === 'string'
      ? Number(length)
      : Number.NaN;
  return Number.isFinite(number) ? number : requestStyle.defaultTokens;
}
