import { Endpoint } from 'gips';
import { serviceName } from '../support/names.js';
import { start } from '../support/processes.js';

test('one blocking process serves many clients of two services at once', async () => {
  const names = [serviceName('upper'), serviceName('lower')];
  const server = start('blocking-server', { argument: { upper: names[0], lower: names[1] } });
  await server.next('listening');
  const endpoints = await Promise.all(Array.from({ length: 10 }, (_, i) => Endpoint.connect(names[i % 2]!)));
  await Promise.all(
    endpoints.map(async (endpoint, i) => {
      for (let round = 0; round < 100; round += 1) {
        const text = `Client ${i}, Round ${round}`;
        await endpoint.send(text);
        expect((await endpoint.recv()).text()).toBe(i % 2 === 0 ? text.toUpperCase() : text.toLowerCase());
      }
    }),
  );
  await endpoints[0]!.send('stop');
  await server.finish();
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
});
