/** How a command ends. */
import { codeOf } from './output.js';

export const Exit = { DONE: 0, FAILED: 1, USAGE: 2, NO_SERVICE: 3 } as const;

/** What is wrong with what was typed, though every option by itself is right. */
const USAGE = new Set(['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE', 'ENAMETOOLONG', 'ERR_USAGE']);

/** A failure of the command line itself. */
export class Failure extends Error {
  readonly code: string;
  /** What is wrong has been printed already. */
  readonly isReported: boolean;

  constructor(code: string, message: string, { isReported = false } = {}) {
    super(message);
    this.code = code;
    this.isReported = isReported;
  }
}

export function usageError(message: string): Failure {
  return new Failure('ERR_USAGE', message);
}

export function noService(name: string): Failure {
  return new Failure('ECONNREFUSED', `nobody listens on "${name}"; check that the service is running and that the name is right`);
}

export function exitCodeOf(error: unknown): number {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED') return Exit.NO_SERVICE;
  return USAGE.has(code ?? '') ? Exit.USAGE : Exit.FAILED;
}
