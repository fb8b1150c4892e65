import { LEFT_OUT } from './test/windows/left-out.mjs';

/** What has little to do with the change at hand, or takes its time: `npm run test:long`. */
const LONG = ['house/', 'docs/', 'faults/', 'ipc/flow-memory', 'ipc/life-exit', 'shm/mutex-processes', 'shm/in-flight'];

/** @type {Record<string, object>} */
const PARTS = {
  all: { testMatch: ['<rootDir>/test/**/*.test.ts'] },
  short: { testMatch: ['<rootDir>/test/**/*.test.ts'], testPathIgnorePatterns: LONG.map((path) => `/test/${path}`) },
  long: { testMatch: LONG.map((path) => `<rootDir>/test/${path}*.test.ts`) },
};

/** Windows is simulated, and slow. */
const WINDOWS = { testTimeout: 90_000, testPathIgnorePatterns: Object.keys(LEFT_OUT).map((path) => `/test/${path}`) };

export default {
  // Nothing else is to be looked through for tests.
  roots: ['<rootDir>/test'],
  testEnvironment: '<rootDir>/test/environment/environment.mjs',
  testTimeout: 30_000,
  ...PARTS[process.env['GIPS_TEST_PART'] ?? 'all'],
  ...(process.platform === 'win32' ? WINDOWS : {}),
  setupFilesAfterEnv: ['<rootDir>/test/support/transport.mjs'],
  // Most suites wait for other processes; two at a time are right even on one core.
  maxWorkers: 2,
  extensionsToTreatAsEsm: ['.ts'],
  // Types are checked by `npm run check:types`.
  transform: { '\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/test/tsconfig.json', diagnostics: false }] },
  // `./x.js` is x.ts among the tests. `gips` and `#lib/…` are resolved by package.json, as in Node.
  moduleNameMapper: { '^(\\.{1,2}/.+)\\.js$': ['$1.js', '$1.ts'] },
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/prebuilds/'],
};
