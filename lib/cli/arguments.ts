/** What is typed, and its checks. */
import { InvalidArgumentError, type Command } from 'commander';
import { validateName } from '../ipc/names.js';
import type { ConnectOptions, Endpoint as EndpointType } from '../ipc/index.js';

const MAX = 2 ** 31 - 1;

/** A service's name, before anything is loaded or sent. */
export function parseName(text: string): string {
  try {
    return validateName(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** An integer from `min` to `max`. */
export function integer(min: number, max = MAX): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
    return value;
  };
}

/** A time in seconds, fractions included. */
export function parseSeconds(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (!(value > 0 && value <= MAX / 1000)) throw new InvalidArgumentError('It must be a number of seconds, more than 0.');
  return value;
}

/** What clients have in common. */
export interface ClientOptions {
  timeout?: number;
  wait?: boolean;
  anyUser?: boolean;
}

export function addClientOptions(command: Command): Command {
  return command
    .option('--timeout <ms>', 'give up after so many milliseconds', integer(0))
    .option('--wait', 'wait until the service is there')
    .option('--any-user', "talk to any user's service, not to your own and root's alone");
}

/** Connects as told. */
export async function connect(name: string, options: ClientOptions, more: ConnectOptions = {}): Promise<EndpointType> {
  const { Endpoint, Policy } = await import('../ipc/index.js');
  return await Endpoint.connect(name, {
    timeout: options.timeout,
    wait: options.wait,
    serverPolicy: options.anyUser === true ? new Policy() : undefined,
    ...more,
  });
}
