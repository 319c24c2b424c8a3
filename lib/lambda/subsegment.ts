import type { Tracer } from '@aws-lambda-powertools/tracer';
import { failureOf } from '../queue/failure.ts';

/** Does a piece of work in a part of the trace of its own, by whose annotations it can be searched for. */
export async function inSubsegment<T>(
  tracer: Tracer,
  name: string,
  annotations: Readonly<Record<string, string | number>>,
  work: () => Promise<T>,
): Promise<T> {
  const parent = tracer.getSegment();
  const segment = parent?.addNewSubsegment(name);
  if (!parent || !segment) return work();
  tracer.setSegment(segment);
  for (const [key, value] of Object.entries(annotations)) tracer.putAnnotation(key, value);
  try {
    return await work();
  } catch (error) {
    // A trace has little room, and is no place for secrets.
    const { code, message } = failureOf(error);
    tracer.addErrorAsMetadata(new Error(`${code}: ${message}`));
    throw error;
  } finally {
    segment.close();
    tracer.setSegment(parent);
  }
}
