/**
 * What each function brings before any code of ours: the given libraries, as much of them as a function that plans or renders uses.
 * `npm run bench functions` bundles it as the functions are and loads it beside them.
 */
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { MongoClient } from 'mongodb';
import postgres from 'postgres';
import * as z from 'zod';

const clients = [SQSClient, MongoClient, postgres];
const body = z.object({ body: z.string() });

/** Uses each library, so that none is left out of the bundle, and asks nothing of a server. */
export const handler = middy((event: unknown) => ({ clients: clients.length, valid: body.safeParse(event).success }));
