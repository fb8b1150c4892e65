/** Asks a service for its statistics as the user it is told to be, whoever the server is. */
import { Policy } from '../../dist/index.js';
import { inspectService } from '../../dist/ipc/inspection.js';
import { argument, becomeUser, report } from './talk.mjs';

becomeUser();
await report('outcome', () => inspectService(argument.name, { serverPolicy: new Policy() }));
