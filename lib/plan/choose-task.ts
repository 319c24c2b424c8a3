import type { TaskEntry } from '../catalogue/entry.ts';
import { type TaskConfig, toTaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import type { RequestType } from '../task/render-settings.ts';

/** The task that is rendered for a task asked for, and how. */
export interface ChosenTask {
  readonly entry: TaskEntry;
  readonly config: TaskConfig;
  readonly requestType: RequestType;
}

/** The name of the task that asks the same questions but generates text. */
export function twinName(task: string): string {
  return `${task}_generative`;
}

/**
 * Chooses what to render (SETTING-10, CORRECTION-6): tasks that generate text are themselves on both paths; multiple-choice
 * tasks are scored by loglikelihood on the completions path and replaced by their twin on the chat path; tasks that ask for one
 * loglikelihood can be asked on the completions path only.
 * @throws PermanentError UnsupportedTask where neither is possible.
 */
export async function chooseTask(
  entry: TaskEntry,
  chat: boolean,
  findEntry: (name: string) => Promise<TaskEntry | null>,
): Promise<ChosenTask> {
  const config = toTaskConfig(entry.config);
  if (config.output_type === 'generate_until') return { entry, config, requestType: 'generate_until' };
  if (config.output_type === 'loglikelihood_rolling') {
    throw new PermanentError(
      'UnsupportedTask',
      `Task ${entry.name} has output_type loglikelihood_rolling, which can't be sampled.`,
      { context: { task: entry.name } },
    );
  }
  if (!chat) return { entry, config, requestType: 'loglikelihood' };
  if (config.output_type === 'loglikelihood') {
    throw new PermanentError(
      'UnsupportedTask',
      `Task ${entry.name} asks how likely a text is (output_type loglikelihood), which chat can't tell. Ask for it on /v1/completions.`,
      { context: { task: entry.name } },
    );
  }
  const twin = await findEntry(twinName(entry.name));
  const twinConfig = twin ? toTaskConfig(twin.config) : null;
  if (twin && twinConfig?.output_type === 'generate_until')
    return { entry: twin, config: twinConfig, requestType: 'generate_until' };
  throw new PermanentError(
    'UnsupportedTask',
    `Task ${entry.name} is multiple_choice: chat can't score its choices, and the harness has no ${twinName(entry.name)}. Ask for it on /v1/completions.`,
    { context: { task: entry.name } },
  );
}
