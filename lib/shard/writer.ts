import { timeoutFor } from '../payload/timeout.ts';
import { type Plan, supplierOf } from '../plan/plan.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import { benchCollections } from '../work/collections.ts';
import { instanceDocuments } from '../work/documents.ts';
import { childIds } from '../work/ids.ts';
import type { PlanProgress } from '../work/ledger.ts';
import { insertOnce } from '../work/write.ts';
import type { ShardServices } from './services.ts';

/** Instances are written when this many characters of prompts have come together, so that memory stays flat. */
const MAX_PENDING_CHARS = 4_000_000;

/** Collects rendered instances and writes them in portions, instances and prompts side by side. */
export function createWriter({ db, timeouts }: ShardServices, record: PlanProgress, plan: Plan, decode: number) {
  const { instances, prompts } = benchCollections(db);
  const timeout = timeoutFor(timeouts, supplierOf(plan).service);
  const context = {
    taskId: record._id,
    plan,
    createdAt: record.creation_date,
    childId: childIds(record._id, record.creation_date),
    timeoutOf: (ctxlen: number) => timeout(ctxlen, decode),
  };
  let pending: ReturnType<typeof instanceDocuments>[] = [];
  let chars = 0;
  let written = 0;
  async function flush(): Promise<void> {
    const portion = pending;
    pending = [];
    chars = 0;
    await Promise.all([
      insertOnce(
        instances,
        portion.map(({ instance }) => instance),
      ),
      insertOnce(
        prompts,
        portion.flatMap((item) => item.prompts),
      ),
    ]);
    written += portion.length;
  }
  return {
    async add(rendered: readonly RenderedInstance[]): Promise<void> {
      for (const instance of rendered) {
        pending.push(instanceDocuments(instance, context));
        chars += instance.data.length;
      }
      if (chars >= MAX_PENDING_CHARS) await flush();
    },
    flush,
    count: () => written,
  };
}
