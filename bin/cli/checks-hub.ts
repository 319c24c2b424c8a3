import { messageOf } from '../../lib/errors/errors.ts';
import { Hub } from '../../lib/hub/hub.ts';
import { redact } from '../../lib/log/redact.ts';
import { type Check, ok, warn } from './check.ts';

/**
 * Whether the hub that data sets come from answers, with whatever it likes short of an error of its own. Only staging needs it.
 * @param patienceMs how long it may take
 */
export async function checkHub(patienceMs: number): Promise<Check[]> {
  const { url } = new Hub({ url: process.env['HF_ENDPOINT'] || undefined });
  const token = process.env['HF_TOKEN'] ? 'with HF_TOKEN' : 'no HF_TOKEN: data sets that ask for a login stay closed';
  try {
    const { status } = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
    });
    if (status >= 500) throw new Error(`status ${status}`);
    return [ok('hub', `${redact(url)} answers; ${token}`)];
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const type =
      'check network and proxy (HF_ENDPOINT names another hub); without: npx sampler stage datasets --from DIR';
    return [warn('hub', `${redact(url)} does not answer, which only staging needs: ${redact(messageOf(cause))}`, type)];
  }
}
