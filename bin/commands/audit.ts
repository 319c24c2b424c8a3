import { Command } from 'commander';
import * as z from 'zod';
import { auditTask } from '../../lib/audit/audit.ts';
import { newSince, readBaseline } from '../../lib/audit/baseline.ts';
import { type Finding, mergePaths } from '../../lib/audit/finding.ts';
import { noteClashes, tasksNamed } from '../cli/catalogue.ts';
import { EXIT } from '../cli/exit.ts';
import { readGiven } from '../cli/given-file.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withCatalogueOptions, withJson } from '../cli/options.ts';
import { counted, print } from '../cli/output.ts';
import { CHAT, COMPLETIONS, pathsOf } from '../cli/paths.ts';
import { renderProgress, stagedShape, withStagedData, withStagedFrom } from '../cli/rendering.ts';
import { readOptionsBody, renderShape, sampleBody, withRenderOptions } from '../cli/request.ts';

/** `sampler audit`: looks for what is wrong with a task's questions. */
export function auditCommand(): Command {
  const command = new Command('audit')
    .description('render everything that tasks can ask and report what is wrong with the questions (exit code 3)')
    .argument('<tasks...>', 'names, wildcards, groups and tags')
    .option('--path <PATH>', `${CHAT} or ${COMPLETIONS} (default: both)`)
    .option('--max-chars <N>', 'report prompts of more characters')
    .option('--max-tokens <N>', 'report prompts of more tokens, as they are estimated')
    .option('--baseline <FILE>', 'report only what is not in FILE, which --json wrote before')
    .addHelpText(
      'after',
      examples(
        'audit gsm8k',
        "audit 'mmlu_*' --json > known.json",
        "audit 'mmlu_*' --baseline known.json",
        'audit my_task --wheel --include-path house=./my-tasks --from ./my-data --max-tokens 4096',
      ),
    );
  withStagedFrom(command);
  return withJson(withCatalogueOptions(withRenderOptions(command))).action((tasks: string[]) => run(tasks, command));
}

async function run(names: readonly string[], command: Command): Promise<void> {
  const own = {
    maxChars: wholeNumber('max-chars', 1).optional(),
    maxTokens: wholeNumber('max-tokens', 1).optional(),
    baseline: z.string().optional(),
  };
  const options = optionsOf({ ...jsonOption, ...stagedShape, ...renderShape, ...own }, command);
  const file = options.baseline;
  const baseline = file === undefined ? undefined : readBaseline(file, readGiven('baseline', file));
  const messageFor = (path: string) =>
    readOptionsBody(sampleBody(names, { address: 'audit', service: 'audit' }, { ...options, path, qty: '-1' }));
  const found = await withStagedData(options, async (services) => {
    const { catalogue } = services;
    const findings: Finding[] = [];
    const entries = await tasksNamed(catalogue, names);
    await noteClashes(catalogue, names, entries);
    for (const entry of entries) {
      const onPaths: (readonly Finding[])[] = [];
      for (const path of await pathsOf(entry, options.path, catalogue)) {
        const { onProgress, stop } = renderProgress(entry.name, path);
        const { maxChars, maxTokens } = options;
        const limits = { maxChars, maxTokens, onProgress };
        onPaths.push((await auditTask(services, messageFor(path), entry, limits).finally(stop)).findings);
      }
      findings.push(...mergePaths(onPaths));
    }
    return findings;
  });
  const findings = baseline === undefined ? found : newSince(baseline, found);
  print(options.json, findings, () => text(findings, found.length - findings.length));
  if (findings.length > 0) process.exitCode = EXIT.negative;
}

function text(findings: readonly Finding[], known: number): string {
  const rest = known === 0 ? '' : `; ${known} are in the baseline`;
  const head = findings.length === 0 ? `nothing found${rest}` : `${counted(findings.length, 'finding')}${rest}`;
  return [...findings.map(findingText), head].join('\n');
}

function findingText({ task, resolved_task, kind, doc_ids, count, message, excerpt }: Finding): string {
  const by = resolved_task === task ? '' : ` (by ${resolved_task})`;
  const more = count > doc_ids.length ? `, ... ${count} in all` : '';
  const which = doc_ids.length === 0 ? '' : `, document${count > 1 ? 's' : ''} ${doc_ids.join(', ')}${more}`;
  const shown = excerpt === '' ? '' : `\n    ${excerpt}`;
  return `${task}${by}${which}: ${kind}: ${message}${shown}`;
}
