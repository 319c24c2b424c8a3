import type { RenderSettings } from '../task/render-settings.ts';
import type { Findings } from './finding.ts';
import type { Check } from './seen.ts';

/** The most stop sequences that OpenAI's API and servers after it take in a request. */
const MAX_STOPS = 4;
/** Answers of worked examples that were looked at are not looked at again, up to so many. */
const MAX_KNOWN = 50_000;

/** Stop sequences: too many of them, empty ones, and those that cut an answer which the task itself shows or wants. */
export function stopsCheck(findings: Findings, settings: RenderSettings): Check {
  const stops = stopsOf(settings);
  lookAtStops(findings, stops, settings.chat);
  const usable = stops.filter((stop) => stop !== '');
  const known = new Set<string>();
  return {
    see({ docId, labelled, golds }) {
      for (const { answer } of labelled.examples) {
        if (known.has(answer)) continue;
        if (known.size < MAX_KNOWN) known.add(answer);
        const stop = usable.find((each) => cuts(answer, each));
        if (stop === undefined) continue;
        findings.add({
          kind: 'stop-in-example',
          subject: stop,
          docIds: [docId],
          message: `${JSON.stringify(stop)} ends an answer, and stands inside one of a worked example: who answers alike is cut off`,
          excerpt: answer,
        });
      }
      for (const gold of golds) {
        const stop = usable.find((each) => gold.startsWith(each));
        if (stop === undefined) continue;
        findings.add({
          kind: 'stop-at-gold',
          subject: stop,
          docIds: [docId],
          message: `the gold answer begins with the stop sequence ${JSON.stringify(stop)}: the right answer is cut to nothing`,
          excerpt: gold,
        });
        return;
      }
    },
  };
}

/** What `until` says, with the text that ends all answers. */
function stopsOf({ requestType, generationKwargs, model }: RenderSettings): string[] {
  if (requestType === 'loglikelihood') return [];
  const until = generationKwargs.get('until') ?? null;
  const stops = (Array.isArray(until) ? until : [until]).filter((stop) => typeof stop === 'string');
  return model.eos === null || stops.includes(model.eos) ? stops : [...stops, model.eos];
}

function lookAtStops(findings: Findings, stops: readonly string[], chat: boolean): void {
  const shown = JSON.stringify(stops);
  if (stops.length > MAX_STOPS) {
    const fate = chat
      ? `the harness sends the first ${MAX_STOPS} and leaves out ${JSON.stringify(stops.slice(MAX_STOPS))}`
      : 'all are sent';
    const message = `${stops.length} stop sequences; servers take ${MAX_STOPS}: ${fate}`;
    findings.add({ kind: 'many-stops', subject: shown, message, excerpt: shown });
  }
  if (stops.includes('')) {
    const message = 'one of the stop sequences is empty, which servers refuse';
    findings.add({ kind: 'empty-stop', subject: shown, message, excerpt: shown });
  }
}

/** Whether the stop leaves out anything of the answer but blanks. */
function cuts(answer: string, stop: string): boolean {
  const at = answer.indexOf(stop);
  return at >= 0 && answer.slice(at).trim() !== '' && answer.slice(at + stop.length).trim() !== '';
}
