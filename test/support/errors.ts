/** What a failure must look like: `expect(call).toThrow(errorLike({ code: 'EPIPE' }))`. A `message` is a part of it. */
export function errorLike({ message, ...details }: { code?: string; message?: string; [property: string]: unknown }): Error {
  const expected = message === undefined ? details : { ...details, message: expect.stringContaining(message) as string };
  return expect.objectContaining(expected) as Error;
}
