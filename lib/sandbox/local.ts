import type { SandboxTransport } from './client.ts';
import type { BoxImage } from './image.ts';
import { BoxKeeper } from './keeper.ts';

/** Boxes of this process, for the command line and tests: the same code as behind the function `sandbox`. */
export function localSandbox(image: BoxImage, maxKept = 2): SandboxTransport & Disposable {
  const keeper = new BoxKeeper(image, maxKept);
  return {
    send: (event) => keeper.answer(event),
    end: (session) => keeper.close(session),
    [Symbol.dispose]: () => keeper.dispose(),
  };
}
