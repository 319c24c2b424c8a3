import type { PyValue } from '../../python/value.ts';
import { Fault } from '../fault.ts';
import type { Target } from '../syntax/nodes.ts';
import { Namespace } from '../values/objects.ts';
import { spread } from '../values/sequences.ts';
import type { Frame } from './frame.ts';
import { readRef, type Scope } from './scope.ts';

/** Compiles an assignment to names, to tuples of them, and to attributes of namespaces. */
export function compileAssign(target: Target, scope: Scope): (frame: Frame, value: PyValue) => void {
  if (target.kind === 'name') {
    const { index } = scope.ref(target.name);
    return (frame, value) => {
      frame.slots[index] = value;
    };
  }
  if (target.kind === 'member') {
    const read = readRef(scope.ref(target.object), scope);
    const { name } = target;
    return (frame, value) => {
      const object = read(frame);
      if (!(object instanceof Namespace)) throw new Fault('type', "only a namespace's attributes can be set");
      object.attributes.set(name, value);
    };
  }
  const assigns = target.items.map((item) => compileAssign(item, scope));
  return (frame, value) => {
    const items = spread(value, assigns.length, frame.runtime);
    for (const [index, assign] of assigns.entries()) assign(frame, items[index] ?? null);
  };
}
