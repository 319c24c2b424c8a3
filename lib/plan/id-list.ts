import { PermanentError } from '../errors/errors.ts';

/** Ascending ids as compact text, runs as ranges: `0-4,9,12-13`. */
export function writeIdList(ids: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < ids.length; ) {
    const start = ids[i] ?? 0;
    let length = 1;
    while (ids[i + length] === start + length) length++;
    parts.push(length === 1 ? String(start) : `${start}-${start + length - 1}`);
    i += length;
  }
  return parts.join(',');
}

/** How many ids a list stands for, without making them; undefined where it is none, which {@link readIdList} tells. */
export function countIds(text: string): number | undefined {
  let count = 0;
  for (const part of text === '' ? [] : text.split(',')) {
    const match = ID_OR_RUN.exec(part);
    if (match === null) return undefined;
    const [, first = '', last = first] = match;
    count += Number(last) - Number(first) + 1;
  }
  return count;
}

const ID_OR_RUN = /^(\d{1,15})(?:-(\d{1,15}))?$/;

/** The most ids that one list may stand for, so that a range can't ask for more memory than there is. */
const MAX_IDS = 10_000_000;

/** Reads what {@link writeIdList} wrote. @throws PermanentError BadMessage for anything else. */
export function readIdList(text: string): number[] {
  if (text === '') return [];
  const ids: number[] = [];
  for (const part of text.split(',')) {
    const match = ID_OR_RUN.exec(part);
    const first = Number(match?.[1] ?? Number.NaN);
    const last = Number(match?.[2] ?? first);
    if (!(last >= first && first > (ids.at(-1) ?? -1) && ids.length + last - first < MAX_IDS)) {
      throw new PermanentError('BadMessage', `"${part.slice(0, 40)}" is not a run of ascending document ids.`);
    }
    for (let id = first; id <= last; id++) ids.push(id);
  }
  return ids;
}
