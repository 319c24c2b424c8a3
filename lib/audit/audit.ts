import type { TaskEntry } from '../catalogue/entry.ts';
import { messageOf, SamplerError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import { renderingOf } from '../plan/rendering.ts';
import { type PreviewPlan, type PreviewServices, planPreview } from '../preview/preview.ts';
import { walkDocs } from '../preview/walk.ts';
import { choicesCheck } from './choices.ts';
import { examplesCheck } from './examples.ts';
import { type Finding, Findings } from './finding.ts';
import { type LengthLimits, lengthCheck } from './length.ts';
import { nearEqualCheck } from './near-equal.ts';
import { samePromptsCheck } from './same-prompts.ts';
import { type Check, seenOf } from './seen.ts';
import { stopsCheck } from './stops.ts';
import { unfilledCheck } from './unfilled.ts';

/** What an audit is given besides the task. */
export interface AuditOptions extends LengthLimits {
  /** So many more documents were looked at, of so many. */
  onProgress?(documents: number, total: number): void;
}

/** What an audit of one task on one path came to. */
export interface Audited {
  readonly documents: number;
  readonly findings: readonly Finding[];
}

/**
 * Renders every document of a task's staged data set, as `validateTask` does, and looks for what is wrong with the questions
 * themselves. One walk over the split; what is kept of a document does not depend on its length.
 * @throws TransientError where data can't be read; what can never be rendered is a finding
 */
export async function auditTask(
  services: PreviewServices,
  message: SampleMessage,
  asked: TaskEntry,
  options: AuditOptions = {},
): Promise<Audited> {
  const path = String(message.requester_args.path);
  let planned: PreviewPlan;
  try {
    planned = await planPreview(services, message, asked, 0n);
  } catch (error) {
    return { documents: 0, findings: refused(asked.name, path, error) };
  }
  const findings = new Findings(planned.plan.task, planned.plan.resolvedTask, path);
  try {
    await lookAtDocuments(planned, findings, options);
  } catch (error) {
    return { documents: 0, findings: [...findings.all(), ...refused(asked.name, path, error)] };
  }
  return { documents: planned.docIds.length, findings: findings.all() };
}

async function lookAtDocuments(planned: PreviewPlan, findings: Findings, options: AuditOptions): Promise<void> {
  const { plan, docIds } = planned;
  const rendering = renderingOf(plan);
  const same = samePromptsCheck(findings);
  const checks: Check[] = [
    unfilledCheck(findings, rendering.config),
    stopsCheck(findings, rendering.settings),
    choicesCheck(findings, plan.requestType),
    same,
    examplesCheck(findings, rendering, same),
    nearEqualCheck(findings),
    lengthCheck(findings, options, rendering.settings.chat),
  ];
  let rendered = 0;
  for await (const docs of walkDocs(planned)) {
    for (const walked of docs) {
      try {
        const seen = seenOf(walked, walked.label(), walked.render());
        for (const check of checks) check.see(seen);
        rendered++;
      } catch (error) {
        if (!(error instanceof SamplerError)) throw error;
        const { code, message } = error;
        const { docId } = walked;
        findings.add({ kind: 'unrenderable', subject: `${docId}`, docIds: [docId], message: `${code}: ${message}` });
      }
    }
    options.onProgress?.(docs.length, docIds.length);
  }
  for (const check of checks) check.end?.(rendered);
}

/** That a task can't be asked is a finding as well; only what may be otherwise in a moment is not. */
function refused(task: string, path: string, error: unknown): Finding[] {
  if (!(error instanceof SamplerError) || !error.permanent) throw error;
  const findings = new Findings(task, task, path);
  findings.add({ kind: 'refused', subject: error.code, message: `${error.code}: ${messageOf(error)}` });
  return findings.all();
}
