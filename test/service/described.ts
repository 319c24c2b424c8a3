import type { Db, Document } from 'mongodb';
import { COLLECTIONS } from '../../bin/documents-page.ts';
import { mongoSchema, type StoredFields } from '../../lib/documents/described.ts';

/** Documents in a collection that its schema does not describe, as MongoDB itself finds them; and how many there are at all. */
export async function undescribed(db: Db, name: string): Promise<{ found: Document[]; all: number }> {
  const described = COLLECTIONS.find((collection) => collection.name === name);
  if (!described) throw new Error(`${name} is not described`);
  const collection = db.collection(name);
  const found = await collection.find({ $nor: [{ $jsonSchema: mongoSchema(described) }] }).toArray();
  const forms = Object.values(described.forms);
  // Records that are updated get further fields at their end.
  const ordered = ['tasks', 'instances', 'prompts'].includes(name) ? await collection.find().toArray() : [];
  for (const document of ordered) {
    if (!forms.some((fields) => inOrder(Object.keys(document), fields))) found.push(document);
  }
  return { found, all: await collection.countDocuments() };
}

/** Whether the fields stand in the described order. */
function inOrder(keys: readonly string[], fields: StoredFields): boolean {
  const order = Object.keys(fields).filter((name) => keys.includes(name));
  return order.join() === keys.join();
}
