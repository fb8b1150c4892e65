/** What a failure must look like: `expect(call).toThrow(errorLike({ code: 'EPIPE' }))`. A `message` is a part of it. */
export function errorLike({ message, ...details }: { code?: string; message?: string; [property: string]: unknown }): Error {
  const expected = message === undefined ? details : { ...details, message: expect.stringContaining(message) as string };
  return expect.objectContaining(expected) as Error;
}

/** What a call fails with. A blocking form throws it; an asynchronous one rejects with it, and never throws. */
export async function failureOf(form: 'throws' | 'rejects', call: () => unknown): Promise<unknown> {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    expect(form).toBe('throws');
    return error;
  }
  expect(form).toBe('rejects');
  return await (result as Promise<unknown>).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** How Node and we reject the argument (or, with dots, the property) of this name: by its code, and with the name in the message. */
export function badArgument(
  code: 'ERR_INVALID_ARG_TYPE' | 'ERR_INVALID_ARG_VALUE' | 'ERR_OUT_OF_RANGE',
  name: string,
  expected: string,
): Error {
  const quoted = `["']${name.replace(/[.[\]]/g, '\\$&')}["']`;
  return expect.objectContaining({
    name: code === 'ERR_OUT_OF_RANGE' ? 'RangeError' : 'TypeError',
    code,
    message: expect.stringMatching(new RegExp(`${quoted}.*${expected}.*Received`, 's')) as string,
  }) as Error;
}
