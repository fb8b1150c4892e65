/** Things to be closed when the test is over, whatever became of it. */
interface Closable {
  close?(): unknown;
  destroy?(): unknown;
}

const kept: Closable[] = [];

afterEach(() => {
  for (const thing of kept.splice(0)) {
    if (thing.destroy !== undefined) thing.destroy();
    else thing.close?.();
  }
});

export function keep<T extends Closable>(thing: T): T {
  kept.push(thing);
  return thing;
}
