import { afterAll, beforeAll, expect } from 'vitest';
import { SEED } from './chance.ts';
import { type Observer, startObserver } from './observer.ts';
import { openScene, type Request, type Scene } from './scene.ts';
import { tableOf, type Verdict } from './verdict.ts';

/** What the tests of one file have: a scene of their own, so that files run side by side. */
export interface OwnScene {
  readonly scene: Scene;
  /** Requests for so many documents each. */
  some(count: number, qty: number): Request[];
  /** Requests of one shard, which are written in one transaction. */
  small(count: number): Request[];
  /** Notes what the fault did, and checks it against what it may do: nothing. */
  expectNoTrace(fault: string, tried: number, requests: readonly Request[]): Promise<void>;
}

/** Opens a scene before the tests of a file; after them it closes and a table says what the faults did. */
export function useScene(): OwnScene {
  const verdicts: Verdict[] = [];
  let scene: Scene | undefined;
  let observer: Observer | undefined;

  beforeAll(async () => {
    scene = await openScene();
    observer = startObserver(scene.db);
  });
  afterAll(async () => {
    await observer?.stop();
    await scene?.dispose();
    if (verdicts.length > 0) console.log(`Seed ${SEED}.\n${tableOf(verdicts)}`);
  });

  const opened = () => {
    if (scene === undefined || observer === undefined) throw new Error('the scene opens before the first test');
    return { scene, observer };
  };
  const some = (count: number, qty: number) => Array.from({ length: count }, () => opened().scene.request(qty));
  return {
    get scene() {
      return opened().scene;
    },
    some,
    small: (count) => some(count, 5),
    async expectNoTrace(fault, tried, requests) {
      const { scene: on, observer: by } = opened();
      const tasks = await on.db.collection('tasks').countDocuments();
      const seenAll = async () => by.seen === tasks || by.parts.length > 0;
      await on.until('the observer has seen every task', seenAll);
      const verdict = await on.judge(fault, tried, requests);
      verdicts.push(verdict);
      expect({ ...verdict, seenInPart: by.parts }).toEqual({
        fault,
        tried,
        lost: 0,
        doubled: 0,
        leftOver: 0,
        seenInPart: [],
      });
    },
  };
}
