import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { deployedImage, readImage } from '../../lib/sandbox/image.ts';
import { localSandbox } from '../../lib/sandbox/local.ts';
import { withPatience } from './progress.ts';
import { ROOT } from './stack-choice.ts';

/** The boxes, and a word now and then while a function takes its time: a call may take minutes. */
export function toldOf(sandbox: SandboxTransport): SandboxTransport {
  return {
    send: (event) => withPatience('running Python functions', sandbox.send(event)),
    end: (session) => sandbox.end(session),
  };
}

/**
 * Does `work` with boxes of this process for Python functions, started when they are asked for and ended at the end; undefined
 * where their image is not built.
 */
export async function withSandbox<T>(
  work: (sandbox: (() => Promise<SandboxTransport>) | undefined) => Promise<T>,
): Promise<T> {
  const image = readImage(deployedImage(ROOT));
  if (image === null) return await work(undefined);
  const sandbox = localSandbox(image, 1);
  try {
    return await work(async () => toldOf(sandbox));
  } finally {
    sandbox[Symbol.dispose]();
  }
}
