import type { Logger } from '../log/log.ts';
import type { LoadPartMessage } from '../messages/register-queue.ts';
import type { Queue } from '../queue/queue.ts';
import type { Pool } from '../tables/transaction.ts';
import { finishLoad } from './finish-load.ts';
import type { UnfinishedLoad } from './load-records.ts';

/** Sends out the parts of large loads, for one register message. */
export class PartSender {
  readonly #queue: Pick<Queue, 'send'>;
  readonly #onLoad: (load: string) => Promise<void>;
  readonly #sent = new Set<string>();

  /** @param onLoad hears of each load before its parts are sent */
  constructor(queue: Pick<Queue, 'send'>, onLoad: (load: string) => Promise<void> = async () => {}) {
    this.#queue = queue;
    this.#onLoad = onLoad;
  }

  /** Of how many loads parts were sent. */
  get loads(): number {
    return this.#sent.size;
  }

  /**
   * Sends the parts of a load that are not done, once, however many of the message's tasks wait for it; one of which all
   * are done is finished here.
   * @throws PermanentError DatasetInvalid where the load can't be finished
   * @throws TransientError Unavailable
   */
  async send(
    { sql, log }: { readonly sql: Pool; readonly log: Pick<Logger, 'info'> },
    { load, parts }: UnfinishedLoad,
  ): Promise<void> {
    if (this.#sent.has(load)) return;
    if (parts.length === 0) {
      await finishLoad(sql, load);
      return;
    }
    await this.#onLoad(load);
    await this.#queue.send(parts.map((part) => JSON.stringify({ load, part } satisfies LoadPartMessage)));
    this.#sent.add(load);
    log.info('a large data set is loaded in parts', { load, parts: parts.length });
  }
}
