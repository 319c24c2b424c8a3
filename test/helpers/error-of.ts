import { SamplerError } from '../../lib/errors/errors.ts';

/** The explained error that the call throws. Throws where there is none; any other error passes through. */
export function errorOf(call: () => unknown): SamplerError {
  try {
    call();
  } catch (error) {
    if (error instanceof SamplerError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
