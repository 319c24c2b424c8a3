import type { ConfigDict, ConfigValue } from '../../lib/catalogue/config-value.ts';
import { type TaskConfig, toTaskConfig } from '../../lib/catalogue/task-config.ts';
import { modelArgs } from '../../lib/payload/data.ts';
import type { Doc, PyValue } from '../../lib/python/value.ts';
import type { RenderSettings } from '../../lib/task/render-settings.ts';
import { createRenderer } from '../../lib/task/renderer.ts';

/** A task of our own, as its YAML would have it. */
export function taskOf(fields: Record<string, ConfigValue> = {}): TaskConfig {
  const defaults = {
    task: 'own',
    dataset_path: 'own/data',
    test_split: 'test',
    output_type: 'generate_until',
    doc_to_text: 'Q: {{q}}',
    doc_to_target: '{{a}}',
  };
  const config: ConfigDict = new Map<PyValue, ConfigValue>(Object.entries({ ...defaults, ...fields }));
  return toTaskConfig(config);
}

/** A mapping in a task's YAML. */
export function mapping(entries: Record<string, ConfigValue>): ConfigDict {
  return new Map<PyValue, ConfigValue>(Object.entries(entries));
}

/** A document of our own. */
export function docOf(id: number, columns: Record<string, PyValue>): Doc {
  return new Map<string, PyValue>([['__id', BigInt(id)], ...Object.entries(columns)]);
}

/** Renders one document of a task, as chat in several turns unless told otherwise. */
export function render(
  config: TaskConfig,
  doc: Doc,
  examples: readonly Doc[] = [],
  changes: Partial<RenderSettings> = {},
) {
  return createRenderer(config, settingsOf(config, { shots: examples.length, ...changes }), doc).render(doc, examples);
}

/** Settings of a request, as chat in several turns and without worked examples unless told otherwise. */
export function settingsOf(config: TaskConfig, changes: Partial<RenderSettings>): RenderSettings {
  return {
    requestType: 'generate_until',
    chat: true,
    multiturn: true,
    shots: 0,
    fewshotSeed: 1234n,
    systemInstruction: null,
    generationKwargs: config.generation_kwargs ?? new Map(),
    model: modelArgs(new Map()),
    ...changes,
  };
}

/** The messages of a chat request, as `role: content`. */
export function turns(data: string | undefined): string[] {
  const parsed: unknown = JSON.parse(data ?? '');
  const messages: unknown[] = Object(parsed).messages;
  return messages.map((message) => `${Object(message).role}: ${Object(message).content}`);
}

/** The prompt of a completion request. */
export function prompt(data: string | undefined): string {
  const parsed: unknown = JSON.parse(data ?? '');
  return String(Object(parsed).prompt);
}
