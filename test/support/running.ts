/** The processes a suite has started: each is gone when the test that started it is over, or when the suite is, if none of its tests did. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();
let fromBefore = new Set<ChildProcess>();

beforeEach(() => {
  fromBefore = new Set(running);
});
afterEach(() => stop([...running].filter((child) => !fromBefore.has(child))));
afterAll(() => stop([...running]));

/** Puts a process that was just started under this rule. */
export function track(child: ChildProcess): void {
  running.add(child);
  child.once('close', () => running.delete(child));
}

async function stop(children: ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }),
  );
}
